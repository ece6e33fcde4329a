import assert from 'node:assert/strict'
import http, { type IncomingMessage } from 'node:http'
import { type Body, type Content, type Dialect, wholeBody } from './bodies/body.ts'
import { CLIENT_DIALECTS, textHeard } from './client-dialects.ts'
import { reader } from './contestants/floor-streams.ts'
import { type Contestant, translates } from './contestants.ts'
import { conversation } from './requests.ts'
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
    const asked = { stream: true, max_tokens: 1025, messages: [{ role: 'user', content: 'Hi' }] }
    const answer = await ask(contestant, played, stream, asked)
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
    assert.deepEqual(heardIn(answer), said)
    if (dialect !== 'anthropic' || content !== 'text') continue
    assert.deepEqual(heardIn(await ask(contestant, played, stream, { ...asked, ...conversation() })), said)
  }
}

/** All of an answer, by kind. Arguments as JSON means them, if they are any. */
type Heard = Record<Content, string>

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
    reasoning: choices.map(({ delta }) => delta.reasoning_content ?? '').join(''),
    tools: calls.map(compact).join(),
  }
}

function compact(text: string): string {
  if (text === '') return '{}'
  try {
    return JSON.stringify(JSON.parse(text))
  } catch {
    return text
  }
}

async function ask(
  { port, headers, scenario }: Contestant,
  played: Script,
  stream: number,
  body: object,
): Promise<string> {
  const spoken = CLIENT_DIALECTS[scenario]
  const request = http.request({
    port,
    host: '127.0.0.1',
    path: spoken?.path ?? '/v1/chat/completions',
    method: 'POST',
    agent: false,
    headers: { 'content-type': 'application/json', ...headers },
  })
  const model = modelOf(played).replace(STREAM, String(stream).padStart(STREAM.length, '0'))
  const chat = { ...body, model }
  request.end(JSON.stringify(spoken?.request(chat) ?? chat))
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request.on('response', resolve).on('error', reject)
  })
  let text = ''
  response.setEncoding('utf8')
  for await (const piece of response) text += piece
  assert.equal(response.statusCode, 200, text)
  return text
}
