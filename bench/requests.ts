import { MARKS, RAW_MARKS } from './bodies/body.ts'
import { CLIENT_DIALECTS } from './client-dialects.ts'
import { type Contestant, translates } from './contestants.ts'
import { modelOf, type Script } from './script.ts'

/** A client's whole HTTP request for a script, as text, and what stands once in each event of its answer. */
export function requestFor(
  { headers, ...entrant }: Pick<Contestant, 'headers' | 'kind' | 'scenario'>,
  script: Script,
  more: Record<string, unknown> = {},
): { request: string; mark: string } {
  const spoken = CLIENT_DIALECTS[entrant.scenario]
  const chat = {
    model: modelOf(script),
    stream: true,
    max_tokens: 1000,
    messages: [{ role: 'user', content: 'Tell me a story.' }],
    ...more,
  }
  const body = JSON.stringify(spoken?.request(chat) ?? chat)
  const all = {
    host: 'gateway.test',
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    ...headers,
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  const raw = translates(entrant) ? undefined : RAW_MARKS[script.dialect]
  const mark = spoken?.mark ?? raw ?? MARKS[script.content]
  const path = spoken?.path ?? '/v1/chat/completions'
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
