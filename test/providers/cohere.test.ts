import assert from 'node:assert/strict'
import { cohere } from '../../lib/providers/cohere.ts'
import type { ChatRequest } from '../../lib/types/chat.ts'
import type { ApiError, Endpoint, Framing } from '../../lib/types/provider.ts'
import { noMedia } from '../helpers/endpoint.ts'

const request: ChatRequest = { model: 'command-a-03-2025', messages: [{ role: 'user', content: 'Hi' }] }

function endpoint(changes: Partial<Endpoint> = {}): Endpoint {
  return { apiKey: 'key', customHost: undefined, fields: {}, strict: true, fetchMedia: noMedia, ...changes }
}

const V1 = { api_version: 'v1' }

describe('cohere', () => {
  describe('where a request goes', () => {
    const urls: [string, Partial<Endpoint>, string][] = [
      ['v2 by default', {}, 'https://api.cohere.com/v2/chat'],
      ['v2 by name', { fields: { api_version: 'v2' } }, 'https://api.cohere.com/v2/chat'],
      ['v1', { fields: V1 }, 'https://api.cohere.com/v1/chat'],
      ['a custom host', { customHost: 'http://127.0.0.1:4010' }, 'http://127.0.0.1:4010/v2/chat'],
      ['a custom host with a path, v1', { customHost: 'https://x.test/co', fields: V1 }, 'https://x.test/co/v1/chat'],
    ]
    for (const [name, changes, url] of urls) {
      it(`is right for ${name}`, async () => {
        assert.equal((await cohere.encode(request, endpoint(changes))).url.href, url)
      })
    }

    it('comes with the key, and asks for events', async () => {
      const { headers } = await cohere.encode(request, endpoint())
      assert.deepEqual(headers, {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        authorization: 'Bearer key',
      })
    })

    it('comes without a key if there is none', async () => {
      const { headers } = await cohere.encode(request, endpoint({ apiKey: undefined, fields: V1 }))
      assert.deepEqual(headers, { 'content-type': 'application/json', accept: '*/*' })
    })
  })

  describe('the framing', () => {
    const framings: [string | string[] | undefined, string | undefined, Framing][] = [
      [undefined, undefined, 'sse'],
      [undefined, 'v1', 'json-lines'],
      ['text/event-stream; charset=utf-8', 'v2', 'sse'],
      ['Text/Event-Stream', 'v1', 'sse'],
      [['text/event-stream'], 'v1', 'sse'],
      ['application/stream+json', 'v1', 'json-lines'],
      ['application/stream+json', 'v2', 'json-lines'],
      ['application/x-ndjson', 'v2', 'json-lines'],
      ['application/json', 'v1', 'json-lines'],
      ['application/json', 'v2', 'sse'],
    ]
    for (const [type, version, framing] of framings) {
      it(`of ${type ?? 'a body without a type'} from ${version ?? 'no version'} is ${framing}`, () => {
        const fields = version === undefined ? {} : { api_version: version }
        assert.equal(cohere.framing({ 'content-type': type }, request, endpoint({ fields })), framing)
      })
    }
  })

  describe('error bodies', () => {
    const quota = { type: 'insufficient_quota', code: 'insufficient_quota', retryable: false }
    const rows: [string, number, string, Partial<ApiError>][] = [
      [
        'an error by message',
        400,
        '{"id":"1","message":"invalid request: bad"}',
        { status: 400, message: 'invalid request: bad', type: 'invalid_request_error', code: null, retryable: false },
      ],
      ['an error with a type', 400, '{"message":"no","error_type":"BAD"}', { status: 400, code: 'BAD' }],
      [
        'too many tokens, by text',
        400,
        '{"message":"too many tokens: size limit exceeded by 7 tokens."}',
        { status: 400, code: 'context_length_exceeded', retryable: false },
      ],
      [
        'too many tokens, by type',
        400,
        '{"message":"no","error_type":"TOO_MANY_TOKENS"}',
        { code: 'context_length_exceeded' },
      ],
      [
        'a wrong key',
        401,
        '{"message":"invalid api token","error_type":"X"}',
        { status: 401, code: 'invalid_api_key', retryable: false },
      ],
      ['an invalid token', 498, '{"message":"invalid token"}', { status: 401, type: 'authentication_error' }],
      ['billing', 402, '{"message":"pay"}', { status: 402, ...quota }],
      ['forbidden', 403, '{"message":"no"}', { status: 403, type: 'permission_error', retryable: false }],
      [
        'an unknown model',
        404,
        '{"message":"model x was removed"}',
        { status: 404, code: 'model_not_found', retryable: false },
      ],
      ['unprocessable', 422, '{"message":"no","data":[1]}', { status: 422, message: 'no', retryable: false }],
      [
        'the rate limit',
        429,
        '{"message":"You are using a Trial key, which is limited to 20 API calls / minute."}',
        { status: 429, type: 'rate_limit_error', code: 'rate_limit_exceeded', retryable: true },
      ],
      [
        'the monthly limit of a trial',
        429,
        '{"message":"You are using a Trial key, which is limited to 1000 API calls / month."}',
        { status: 429, ...quota },
      ],
      ['a client that left', 499, '{"message":"closed"}', { status: 499, retryable: false }],
      ['a server error', 500, '{"message":"oops"}', { status: 500, message: 'oops', retryable: true }],
      ['not implemented', 501, '{"message":"no"}', { status: 501, retryable: false }],
      ['unavailable', 503, '{"message":"busy"}', { status: 503, code: 'overloaded', retryable: true }],
      ['a timeout', 504, '{"message":"slow"}', { status: 504, type: 'timeout_error', retryable: true }],
      ['plain text', 503, ' upstream connect error\n', { message: 'upstream connect error' }],
      ['a JSON string', 500, '"oops"', { message: 'oops' }],
      ['a page', 502, '<html><body>Bad Gateway</body></html>', { message: 'Cohere answered with status 502.' }],
      ['nothing', 500, '', { message: 'Cohere answered with status 500.' }],
      ['null', 500, 'null', { message: 'Cohere answered with status 500.' }],
      [
        'wrong types',
        500,
        '{"message":{},"error_type":7}',
        { message: 'Cohere answered with status 500.', code: null },
      ],
    ]
    for (const [name, status, body, expected] of rows) {
      it(`tell ${name} (${status})`, () => {
        const error = cohere.error(status, body)
        assert.deepEqual(Object.keys(error).sort(), ['code', 'message', 'param', 'retryable', 'status', 'type'])
        for (const [key, value] of Object.entries(expected)) assert.equal(error[key as keyof ApiError], value, key)
      })
    }

    it('give an excerpt of a long text only', () => {
      assert.equal(cohere.error(500, 'x'.repeat(60_000)).message.length, 500)
    })
  })
})
