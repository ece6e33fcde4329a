import assert from 'node:assert/strict'
import { google } from '../../lib/providers/gemini.ts'
import { vertexAi } from '../../lib/providers/vertex-ai.ts'
import type { ChatRequest } from '../../lib/types/chat.ts'
import type { ApiError, Endpoint } from '../../lib/types/provider.ts'
import { noMedia } from '../helpers/endpoint.ts'

const ENDPOINT: Endpoint = { apiKey: 'key', customHost: undefined, fields: {}, strict: true, fetchMedia: noMedia }
const REQUEST: ChatRequest = { model: 'gemini-3-pro', messages: [] }

describe('Gemini', () => {
  it('has a name for each of its two platforms', () => {
    assert.deepEqual([google.name, vertexAi.name], ['google', 'vertex-ai'])
  })

  const framings: [contentType: string | string[] | undefined, framing: string][] = [
    ['text/event-stream', 'sse-or-json-array'],
    ['text/event-stream; charset=utf-8', 'sse-or-json-array'],
    ['application/json; charset=UTF-8', 'json-array'],
    ['Application/JSON', 'json-array'],
    [['application/json'], 'json-array'],
    ['application/jsonlines', 'sse-or-json-array'],
    ['text/html', 'sse-or-json-array'],
    [undefined, 'sse-or-json-array'],
  ]
  for (const [contentType, framing] of framings) {
    it(`frames ${contentType} as ${framing}`, () => {
      assert.equal(google.framing({ 'content-type': contentType }, REQUEST, ENDPOINT), framing)
    })
  }
})

describe('Gemini: errors', () => {
  const details = (...all: unknown[]) => ({ details: all })
  const retry = (retryDelay: unknown) => ({ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay })
  const quota = (quotaId: string) => ({
    '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
    violations: [{ quotaId }],
  })
  const reason = (name: string) => ({ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: name })

  const errors: [status: number, error: Record<string, unknown>, expected: Partial<ApiError>][] = [
    [400, { status: 'INVALID_ARGUMENT' }, { status: 400, type: 'invalid_request_error', code: null, retryable: false }],
    [400, details(reason('API_KEY_INVALID')), { status: 401, code: 'invalid_api_key', retryable: false }],
    [
      400,
      { message: 'The input token count (2000000) exceeds the maximum number of tokens allowed (1048576).' },
      { status: 400, code: 'context_length_exceeded', retryable: false },
    ],
    [401, { status: 'UNAUTHENTICATED' }, { status: 401, type: 'authentication_error', retryable: false }],
    [403, { status: 'PERMISSION_DENIED' }, { status: 403, type: 'permission_error', retryable: false }],
    [
      404,
      { status: 'NOT_FOUND', message: 'models/x is not found for API version v1beta' },
      { status: 404, code: 'model_not_found', retryable: false },
    ],
    [404, { status: 'NOT_FOUND' }, { status: 404, code: null, retryable: false }],
    [409, { status: 'ABORTED' }, { status: 409, retryable: true }],
    [429, { status: 'RESOURCE_EXHAUSTED' }, { status: 429, type: 'rate_limit_error', retryable: true }],
    [
      429,
      details(quota('GenerateRequestsPerMinute'), retry('34.4s')),
      { status: 429, retryable: true, retryAfter: 34_400 },
    ],
    [429, details(retry('0.0001s')), { retryAfter: 1 }],
    [429, details(retry('7s')), { retryAfter: 7000 }],
    [
      429,
      details(quota('GenerateRequestsPerDayPerProjectPerModel-FreeTier'), retry('34s')),
      { status: 429, type: 'insufficient_quota', code: 'insufficient_quota', retryable: false },
    ],
    [499, { status: 'CANCELLED' }, { status: 499, retryable: false }],
    [500, { status: 'INTERNAL' }, { status: 500, type: 'server_error', retryable: true }],
    [501, { status: 'UNIMPLEMENTED' }, { status: 501, retryable: false }],
    [503, { status: 'UNAVAILABLE' }, { status: 503, code: 'overloaded', retryable: true }],
    [504, { status: 'DEADLINE_EXCEEDED' }, { status: 504, type: 'timeout_error', retryable: true }],
  ]
  for (const [status, fields, expected] of errors) {
    it(`reads ${status} ${JSON.stringify(fields)}, alone or in an array`, () => {
      const body = { error: { code: status, message: 'Told by Google.', ...fields } }
      for (const text of [JSON.stringify(body), JSON.stringify([body], null, 2)]) {
        const error = google.error(status, text)
        assert.deepEqual({ ...error, ...expected }, error)
        assert.equal(error.message, fields.message ?? 'Told by Google.')
        assert.equal('retryAfter' in error, 'retryAfter' in expected)
      }
    })
  }

  const unreadable = ['', '<html>', 'null', '[]', '{}', '"x"', '{"error":null}', '{"error":{"message":7,"details":{}}}']
  for (const body of unreadable) {
    it(`tells the status of an error whose body is ${body || 'empty'}`, () => {
      const error = google.error(503, body)
      assert.deepEqual([error.status, error.message], [503, 'Gemini answered with status 503.'])
    })
  }

  it('reads an error that is words only', () => {
    assert.equal(vertexAi.error(401, '{"error":"invalid_grant"}').message, 'invalid_grant')
  })

  it('waits for no time that it cannot read', () => {
    for (const delay of ['soon', '-1s', '1m', 5, null]) {
      const body = JSON.stringify({ error: details(retry(delay)) })
      assert.equal(google.error(429, body).retryAfter, undefined)
    }
  })
})
