import assert from 'node:assert/strict'
import http, { type IncomingMessage } from 'node:http'
import { type Body, CONTENTS, type Content, type Dialect, wholeBody } from './bodies/body.ts'
import { CLIENT_DIALECTS, textHeard } from './client-dialects.ts'
import type { Chat, Contestant } from './contestant.ts'
import { reader } from './contestants/floor-streams.ts'
import { translates } from './contestants.ts'
import { asked, conversation } from './requests.ts'
import { bodyFor, modelOf, type Script, STREAM, script } from './script.ts'

const EVENTS = 40
/** As many bodies as one work load plays beside each other. */
const STREAMS = [1, 2, 3, 4]

/** Throws if a contestant's answers are not the right ones: fast and wrong does not count. */
export async function check(contestant: Contestant): Promise<void> {
  const { dialect, content, source } = contestant
  // In writes of three, so that the cuts of reads and of events differ.
  const played = script(dialect, { content, source, events: EVENTS, perWrite: 3 })
  for (const stream of STREAMS) {
    const body = bodyFor(played, stream) as Body
    const question = { stream: true, max_tokens: 1025, messages: [{ role: 'user', content: 'Hi' }] }
    const answer = await ask(contestant, played, stream, question)
    if (!translates(contestant)) {
      assert.equal(answer, wholeBody(body, EVENTS).toString())
      continue
    }
    const said = saidIn(dialect, wholeBody(body, EVENTS))
    const spoken = CLIENT_DIALECTS[contestant.scenario]
    if (spoken !== undefined) {
      assert.equal(textHeard(answer, spoken), said.text)
      continue
    }
    compare(heardIn(answer), said)
    if (dialect !== 'anthropic' || content !== 'text') continue
    compare(heardIn(await ask(contestant, played, stream, { ...question, ...conversation() })), said)
  }
}

/** All of an answer, by kind. Arguments as JSON means them, if they are any. */
type Heard = Record<Content, string>

/** Throws in a line of a table what was not heard. */
function compare(heard: Heard, said: Heard): void {
  for (const content of CONTENTS) {
    const [had, due] = [heard[content], said[content]]
    if (had !== due) throw new Error(`wrong ${content}: ${had.length} characters of ${due.length}`)
  }
}

function saidIn(dialect: Dialect, bytes: Buffer): Heard {
  const said: Heard = { text: '', reasoning: '', tools: '' }
  const calls: string[] = []
  reader(dialect, {
    start() {},
    text(text) {
      said.text += text
    },
    reasoning(text) {
      said.reasoning += text
    },
    call(index) {
      calls[index] = ''
    },
    fragment(index, text) {
      calls[index] += text
    },
    finish() {},
  })(bytes)
  return { ...said, tools: calls.map(compact).join() }
}

interface Choice {
  delta: {
    content?: string | null
    reasoning_content?: string
    /** TensorZero's place for thoughts. */
    tensorzero_extra_content?: { type: string; text?: string | null }[]
    tool_calls?: { index: number; function: { arguments?: string } }[]
  }
  finish_reason?: string | null
}

function heardIn(body: string): Heard {
  const frames = body.split('\n\n').filter((frame) => frame.startsWith('data: '))
  assert.equal(frames.pop(), 'data: [DONE]')
  const choices = frames.flatMap((frame) => (JSON.parse(frame.slice(6)) as { choices: Choice[] }).choices)
  assert.equal(choices.filter(({ finish_reason }) => finish_reason != null).length, 1, 'one finish reason')
  const calls: string[] = []
  for (const { index, function: called } of choices.flatMap(({ delta }) => delta.tool_calls ?? []))
    calls[index] = (calls[index] ?? '') + (called.arguments ?? '')
  return {
    text: choices.map(({ delta }) => delta.content ?? '').join(''),
    reasoning: choices.map(({ delta }) => thoughtIn(delta)).join(''),
    tools: calls.map(compact).join(),
  }
}

function thoughtIn({ reasoning_content, tensorzero_extra_content: extra = [] }: Choice['delta']): string {
  return reasoning_content ?? extra.map(({ type, text }) => (type === 'thought' ? (text ?? '') : '')).join('')
}

function compact(text: string): string {
  if (text === '') return '{}'
  try {
    return JSON.stringify(JSON.parse(text))
  } catch {
    return text
  }
}

async function ask(contestant: Contestant, played: Script, stream: number, question: Chat): Promise<string> {
  const model = modelOf(played).replace(STREAM, String(stream).padStart(STREAM.length, '0'))
  const { path, body } = asked(contestant, { ...question, model })
  const request = http.request({
    ...{ port: contestant.port, host: '127.0.0.1', path, method: 'POST', agent: false },
    headers: { 'content-type': 'application/json', ...contestant.headers },
  })
  request.end(body)
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request.on('response', resolve).on('error', reject)
  })
  let text = ''
  response.setEncoding('utf8')
  for await (const piece of response) text += piece
  assert.equal(response.statusCode, 200, text)
  return text
}
