import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { anthropic } from '../../lib/providers/anthropic.ts'
import type { ChatRequest } from '../../lib/types/chat.ts'
import type { ChunkInit, Endpoint, HttpRequest, WireEvent } from '../../lib/types/provider.ts'
import { noMedia } from '../helpers/endpoint.ts'

const REQUEST: ChatRequest = { model: 'claude-sonnet-4-5', messages: [{ role: 'user', content: 'Hi' }] }
const ENDPOINT: Endpoint = { apiKey: 'key', customHost: undefined, fields: {}, strict: true, fetchMedia: noMedia }

function encode(endpoint: Partial<Endpoint> = {}, request: Partial<ChatRequest> = {}): HttpRequest {
  const encoded = anthropic.encode({ ...REQUEST, ...request }, { ...ENDPOINT, ...endpoint })
  assert(!(encoded instanceof Promise))
  return encoded
}

describe('the Anthropic provider', () => {
  it('addresses the Messages API', () => {
    const { url, headers, body } = encode()
    assert.equal(url.href, 'https://api.anthropic.com/v1/messages')
    assert.deepEqual(headers, {
      'content-type': 'application/json',
      accept: 'text/event-stream',
      'anthropic-version': '2023-06-01',
      'x-api-key': 'key',
    })
    assert.equal(JSON.parse(body).stream, true)
    assert.equal(anthropic.framing({}, REQUEST, ENDPOINT), 'sse')
  })

  it('takes another host', () => {
    assert.equal(encode({ customHost: 'http://localhost:1/v1' }).url.href, 'http://localhost:1/v1/messages')
  })

  it('sends no key if there is none', () => assert.equal('x-api-key' in encode({ apiKey: undefined }).headers, false))

  it('takes version and betas from the config', () => {
    const fields = { anthropic_version: '2026-10-21', anthropic_beta: 'a,b' }
    const { headers, body } = encode({ fields }, { temperature: 1 })
    assert.equal(headers['anthropic-version'], '2026-10-21')
    assert.equal(headers['anthropic-beta'], 'a,b')
    assert.equal('temperature' in JSON.parse(body), false)
  })

  const native = (type: string, message: string, more?: object) =>
    JSON.stringify({ type: 'error', error: { type, message, ...more }, request_id: 'req_1' })
  const quota = { type: 'insufficient_quota', code: 'insufficient_quota', retryable: false }
  const errors: [number, string, object][] = [
    [
      400,
      native('invalid_request_error', 'Bad.'),
      { status: 400, type: 'invalid_request_error', code: null, retryable: false, message: 'Bad.' },
    ],
    [
      400,
      native('invalid_request_error', 'Bad.', { details: { error_code: 'tool_name_conflict' } }),
      { status: 400, code: 'tool_name_conflict' },
    ],
    [
      400,
      native('invalid_request_error', 'prompt is too long: 208656 tokens > 200000 maximum'),
      { status: 400, code: 'context_length_exceeded', retryable: false },
    ],
    [
      400,
      native('invalid_request_error', 'input length and `max_tokens` exceed context limit: 1 + 2 > 2'),
      { status: 400, code: 'context_length_exceeded' },
    ],
    [
      401,
      native('authentication_error', 'invalid x-api-key'),
      { status: 401, code: 'invalid_api_key', retryable: false },
    ],
    [402, native('billing_error', 'Pay.'), { status: 402, ...quota }],
    [403, native('permission_error', 'No.'), { status: 403, type: 'permission_error', retryable: false }],
    [404, native('not_found_error', 'model: x'), { status: 404, code: 'model_not_found', retryable: false }],
    [409, native('conflict_error', 'Busy.'), { status: 409, retryable: true }],
    [413, native('request_too_large', 'Big.'), { status: 413, code: 'request_too_large', retryable: false }],
    [
      429,
      native('rate_limit_error', "This would exceed your organization's rate limit of 40,000 input tokens per minute"),
      { status: 429, type: 'rate_limit_error', retryable: true },
    ],
    [
      429,
      native(
        'rate_limit_error',
        "This request would exceed your account's monthly spend limit. Please try again later.",
      ),
      { status: 429, ...quota },
    ],
    [
      400,
      native('invalid_request_error', 'Your credit balance is too low to access the Anthropic API.'),
      { status: 429, ...quota },
    ],
    [500, native('api_error', 'Oh.'), { status: 500, retryable: true }],
    [504, native('timeout_error', 'Late.'), { status: 504, retryable: true }],
    [529, native('overloaded_error', 'Overloaded'), { status: 503, code: 'overloaded', retryable: true }],
    [200, native('overloaded_error', 'Overloaded'), { status: 503, code: 'overloaded', retryable: true }],
    [502, '<html>Bad gateway</html>', { status: 502, retryable: true, message: 'Anthropic answered 502.' }],
    [500, '', { status: 500, retryable: true }],
    [500, '[null]', { status: 500, retryable: true }],
    [500, '{"error":"Oh."}', { status: 500, message: 'Oh.' }],
    [403, '{"message":"Forbidden"}', { status: 403, message: 'Forbidden' }],
  ]
  for (const [status, body, expected] of errors) {
    it(`explains ${status} ${body.slice(0, 80)}`, () => {
      assert.partialDeepStrictEqual(anthropic.error(status, body), expected)
    })
  }
})

const CORPUS = new URL('../../../shared/corpus/', import.meta.url)

describe('the Anthropic provider on recordings', () => {
  if (!existsSync(CORPUS)) {
    it('needs the recordings', function () {
      this.skip()
    })
    return
  }
  const folder = new URL('anthropic/', CORPUS)
  const files = readdirSync(folder)
  const read = (file: string) => readFileSync(new URL(file, folder), 'utf8')

  for (const file of files.filter((name) => name.endsWith('.sse') && !name.includes('pause_turn'))) {
    it(`decodes ${file}`, () => {
      const events = split(read(file))
      const decoder = anthropic.decoder(REQUEST, ENDPOINT)
      const { end, ...answer } = fold(events.flatMap((event) => [...decoder.decode(event)]))
      const { whole, ...expected } = simpleReading(events.map(({ data }) => JSON.parse(data)))
      assert.deepEqual(answer, expected)
      assert.equal(end, whole)
    })
  }

  const index: { file: string; status: number }[] = JSON.parse(readFileSync(new URL('index.json', CORPUS), 'utf8'))
  for (const file of files.filter((name) => name.endsWith('.error.json'))) {
    it(`explains ${file}`, () => {
      const status = index.find((entry) => entry.file === `anthropic/${file}`)?.status
      assert(status !== undefined)
      const api = anthropic.error(status, read(file))
      assert.equal(api.status, status)
      assert.equal(api.retryable, false)
      assert.equal(api.message, JSON.parse(read(file)).error.message)
    })
  }
})

/** Just enough of SSE for recordings with LF. */
function split(sse: string): WireEvent[] {
  return sse.split('\n\n').flatMap((frame) => {
    const field = (name: string) =>
      frame
        .split('\n')
        .filter((line) => line.startsWith(`${name}:`))
        .map((line) => line.slice(name.length + 1).trim())
        .join('\n')
    return field('data') === '' ? [] : [{ event: field('event') || undefined, data: field('data') }]
  })
}

function fold(inits: ChunkInit[]) {
  const calls = new Map<string | number, { id: string | undefined; name: string | undefined; input: string }>()
  for (const { key, id, name, arguments: input = '' } of inits.flatMap(({ toolCalls = [] }) => toolCalls)) {
    const call = calls.get(key) ?? { id, name, input: '' }
    calls.set(key, call)
    call.input += input
  }
  const { prompt_tokens, completion_tokens } = inits.findLast(({ usage }) => usage !== undefined)?.usage ?? {}
  return {
    id: inits.find(({ id }) => id !== undefined)?.id,
    model: inits.find(({ model }) => model !== undefined)?.model,
    content: inits.map(({ content = '' }) => content).join(''),
    reasoning: inits.map(({ reasoning = '' }) => reasoning).join(''),
    urls: inits.flatMap(({ annotations = [] }) => annotations.map(({ url_citation }) => url_citation.url)),
    calls: [...calls.values()].map(({ input, ...call }) => ({ ...call, input: parsed(input) })),
    finish: inits.findLast(({ finish }) => finish !== undefined)?.finish,
    usage: [prompt_tokens, completion_tokens],
    end: inits.at(-1)?.end === true,
  }
}

interface Recorded {
  type: string
  index: number
  message: { id: string; model: string; usage: Record<string, number> }
  content_block: { type: string; id: string; name: string }
  delta: { text?: string; thinking?: string; partial_json?: string; citation?: { url?: string }; stop_reason: string }
  usage: Record<string, number> & { iterations?: (Record<string, number> & { type: unknown })[] }
}

/** The same answer, read in the simplest way that does for a whole recording. */
function simpleReading(events: Recorded[]) {
  const of = (type: string) => events.filter((event) => event.type === type)
  const join = (field: 'text' | 'thinking') =>
    of('content_block_delta')
      .map(({ delta }) => delta[field] ?? '')
      .join('')
  const [started] = of('message_start')
  const final = of('message_delta').at(-1)
  const calls = of('content_block_start').filter(({ content_block }) => content_block.type === 'tool_use')
  const totals = { ...started?.message.usage, ...final?.usage }
  const own = (final?.usage.iterations ?? []).filter(({ type }) => type === 'message' || type === 'compaction')
  const parts: Record<string, number | unknown>[] = own.length > 0 ? own : [totals]
  const sum = (...names: string[]) =>
    parts.flatMap((part) => names.map((name) => Number(part[name] ?? 0))).reduce((total, value) => total + value, 0)
  const reasons: Record<string, string> = { tool_use: 'tool_calls', max_tokens: 'length', refusal: 'content_filter' }
  return {
    id: `chatcmpl-${started?.message.id}`,
    model: started?.message.model,
    content: join('text'),
    reasoning: join('thinking'),
    urls: of('content_block_delta').flatMap(({ delta }) => delta.citation?.url ?? []),
    calls: calls.map(({ index, content_block: { id, name } }) => ({
      id,
      name,
      input: parsed(
        of('content_block_delta')
          .filter((event) => event.index === index)
          .map(({ delta }) => delta.partial_json)
          .join(''),
      ),
    })),
    finish: final && (reasons[final.delta.stop_reason] ?? 'stop'),
    usage: [sum('input_tokens', 'cache_read_input_tokens', 'cache_creation_input_tokens'), sum('output_tokens')],
    whole: of('message_stop').length === 1,
  }
}

/** A call's input; text that is cut stays as it is. */
function parsed(input: string): unknown {
  try {
    return JSON.parse(input || '{}')
  } catch {
    return input
  }
}
