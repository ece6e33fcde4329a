import { MARKS, RAW_MARKS } from './bodies/body.ts'
import { CLIENT_DIALECTS } from './client-dialects.ts'
import type { Chat, Contestant } from './contestant.ts'
import { translates } from './contestants.ts'
import { modelOf, type Script } from './script.ts'

type Asked = Pick<Contestant, 'headers' | 'kind' | 'scenario' | 'path' | 'rephrase'>

/** Where a contestant is asked for a chat completion, and with what body: in its client's dialect, or as it wants to have it. */
export function asked({ scenario, path, rephrase }: Asked, chat: Chat): { path: string; body: string } {
  const spoken = CLIENT_DIALECTS[scenario]
  return {
    path: spoken?.path ?? path ?? '/v1/chat/completions',
    body: JSON.stringify(spoken?.request(chat) ?? rephrase?.(chat) ?? chat),
  }
}

/** A client's whole HTTP request for a script, as text, and what stands once in each event of its answer. */
export function requestFor(entrant: Asked, script: Script, more: Chat = {}): { request: string; mark: string } {
  const { path, body } = asked(entrant, {
    model: modelOf(script),
    stream: true,
    max_tokens: 1000,
    messages: [{ role: 'user', content: 'Tell me a story.' }],
    ...more,
  })
  const all = {
    host: 'gateway.test',
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    ...entrant.headers,
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  const raw = translates(entrant) ? undefined : RAW_MARKS[script.dialect]
  const mark = CLIENT_DIALECTS[entrant.scenario]?.mark ?? raw ?? MARKS[script.content]
  return { request: `POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`, mark }
}

/** One message of so many characters. */
export function prompt(length: number): Record<string, unknown> {
  return { messages: [{ role: 'user', content: 'Tell me a story. '.repeat(length / 17 + 1).slice(0, length) }] }
}

/** A long conversation with tools: about 1 KB a message, and 8 KB of tools. */
export function conversation(length = 200): Record<string, unknown> {
  const prose = 'The quick brown fox jumps over the lazy dog, "again" and again.\n'.repeat(14)
  const messages: unknown[] = [{ role: 'system', content: prose }]
  for (let n = 0; messages.length < length; n++) {
    const call = { id: `call_${n}`, type: 'function', function: { name: 'look_up', arguments: `{"query":"fox ${n}"}` } }
    messages.push(
      { role: 'user', content: `${n} ${prose}` },
      { role: 'assistant', content: prose, tool_calls: [call] },
      { role: 'tool', tool_call_id: call.id, content: prose },
      { role: 'assistant', content: prose },
    )
  }
  const parameters = {
    type: 'object',
    properties: { query: { type: 'string' }, limit: { type: 'integer' } },
    required: ['query'],
  }
  const tools = Array.from({ length: 20 }, (_, n) => ({
    type: 'function',
    function: { name: n === 0 ? 'look_up' : `tool_${n}`, description: prose.slice(0, 200), parameters },
  }))
  return { messages: [...messages.slice(0, length - 1), { role: 'user', content: 'And now?' }], tools }
}
