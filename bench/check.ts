import assert from 'node:assert/strict'
import http, { type IncomingMessage } from 'node:http'
import { type Contestant, translates } from './contestants.ts'
import { conversation } from './requests.ts'
import { modelOf, script } from './script.ts'
import { native, word, words } from './wire.ts'

const EVENTS = 40

/** Throws if a contestant's answer is not the right one: fast and wrong does not count. */
export async function check(contestant: Contestant): Promise<void> {
  // In writes of three, so that the cuts of reads and of events differ.
  const asked = {
    model: modelOf(script(contestant.dialect, { events: EVENTS, perWrite: 3 })),
    stream: true,
    max_tokens: 9,
  }
  const short = await ask(contestant, { ...asked, messages: [{ role: 'user', content: 'Hi' }] })
  if (!translates(contestant)) {
    const { start, event, end } = native(contestant.dialect)
    const events = Array.from({ length: EVENTS }, (_, n) => event(word(n), n === 0))
    assert.equal(short, Buffer.concat([start, ...events, end]).toString())
    return
  }
  assert.equal(textOf(short), words(EVENTS))
  if (contestant.dialect === 'anthropic')
    assert.equal(textOf(await ask(contestant, { ...asked, ...conversation() })), words(EVENTS))
}

function textOf(body: string): string {
  const frames = body.split('\n\n').filter((frame) => frame.startsWith('data: '))
  assert.equal(frames.pop(), 'data: [DONE]')
  const choices = frames.flatMap((frame) => (JSON.parse(frame.slice(6)) as { choices: Choice[] }).choices)
  assert.deepEqual(
    choices.map(({ finish_reason }) => finish_reason).filter((reason) => reason != null),
    ['stop'],
  )
  return choices.map(({ delta }) => delta.content ?? '').join('')
}

interface Choice {
  delta: { content?: string | null }
  finish_reason?: string | null
}

async function ask({ port, headers }: Contestant, body: unknown): Promise<string> {
  const request = http.request({
    port,
    host: '127.0.0.1',
    path: '/v1/chat/completions',
    method: 'POST',
    agent: false,
    headers: { 'content-type': 'application/json', ...headers },
  })
  request.end(JSON.stringify(body))
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request.on('response', resolve).on('error', reject)
  })
  let text = ''
  response.setEncoding('utf8')
  for await (const piece of response) text += piece
  assert.equal(response.statusCode, 200, text)
  return text
}
