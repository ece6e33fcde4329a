import assert from 'node:assert/strict'
import {
  apiError,
  envelope,
  inBandFailure,
  parseJson,
  RequestError,
  streamFailure,
  UpstreamError,
} from '../lib/errors.ts'

describe('apiError', () => {
  // What the client gets, by the provider's status: [client's status, type, code, retryable].
  const classes: Record<number, [number, string, string | null, boolean]> = {
    400: [400, 'invalid_request_error', null, false],
    401: [401, 'authentication_error', 'invalid_api_key', false],
    402: [402, 'insufficient_quota', 'insufficient_quota', false],
    403: [403, 'permission_error', null, false],
    404: [404, 'invalid_request_error', null, false],
    405: [405, 'invalid_request_error', null, false],
    408: [504, 'timeout_error', 'upstream_timeout', true],
    409: [409, 'conflict_error', null, true],
    413: [413, 'invalid_request_error', 'request_too_large', false],
    418: [418, 'invalid_request_error', null, false],
    422: [422, 'invalid_request_error', null, false],
    424: [502, 'server_error', null, true],
    429: [429, 'rate_limit_error', 'rate_limit_exceeded', true],
    498: [503, 'server_error', 'overloaded', true],
    499: [499, 'invalid_request_error', null, false],
    500: [500, 'server_error', null, true],
    501: [501, 'server_error', null, false],
    502: [502, 'server_error', null, true],
    503: [503, 'server_error', 'overloaded', true],
    504: [504, 'timeout_error', 'upstream_timeout', true],
    529: [503, 'server_error', 'overloaded', true],
    520: [502, 'server_error', null, true],
    599: [502, 'server_error', null, true],
    204: [502, 'server_error', null, false],
    302: [502, 'server_error', null, false],
    0: [502, 'server_error', null, false],
  }
  for (const [told, [status, type, code, retryable]] of Object.entries(classes)) {
    it(`makes ${status} ${type} of a ${told}`, () => {
      assert.deepEqual(apiError(Number(told), 'why'), { status, message: 'why', type, param: null, code, retryable })
    })
  }

  it('lets details win over what the status says', () => {
    const details = { status: 400, code: 'insufficient_quota', param: 'model', retryable: false, retryAfter: 5 }
    assert.deepEqual(apiError(429, 'why', details), { message: 'why', type: 'rate_limit_error', ...details })
  })
})

describe('envelope', () => {
  it('has the four keys of OpenAI and none of our own', () => {
    assert.deepEqual(envelope(apiError(429, 'slow down', { retryAfter: 5 })), {
      error: { message: 'slow down', type: 'rate_limit_error', param: null, code: 'rate_limit_exceeded' },
    })
  })
})

describe('RequestError', () => {
  it('is a 400 of type invalid_request_error that is not worth a retry', () => {
    const error = new RequestError('no')
    assert.deepEqual(error.api, {
      status: 400,
      message: 'no',
      type: 'invalid_request_error',
      param: null,
      code: null,
      retryable: false,
    })
    assert.equal(error.message, 'no')
    assert.equal(error.name, 'RequestError')
  })

  it('takes a param, a code and a status', () => {
    const { api } = new RequestError('no', { param: 'n', code: 'unsupported_value', status: 413 })
    assert.deepEqual([api.param, api.code, api.status], ['n', 'unsupported_value', 413])
  })
})

describe('UpstreamError', () => {
  it('has no headers, no status and no cause unless given', () => {
    const error = new UpstreamError('in-band', apiError(500, 'oops'))
    assert.deepEqual([error.kind, error.message, error.status, error.headers], ['in-band', 'oops', undefined, {}])
    assert.equal('cause' in error, false)
  })

  it('keeps the status, the headers and the cause', () => {
    const cause = new Error('deep')
    const headers = { 'retry-after': '1' }
    const error = new UpstreamError('status', apiError(429, 'slow'), { cause, status: 429, headers })
    assert.deepEqual([error.status, error.headers, error.cause], [429, headers, cause])
  })
})

describe('streamFailure', () => {
  const kinds = {
    connect: [502, 'server_error', 'upstream_unreachable'],
    truncated: [502, 'server_error', 'upstream_stream_truncated'],
    malformed: [502, 'server_error', 'upstream_response_malformed'],
    timeout: [504, 'timeout_error', 'upstream_timeout'],
  } as const
  for (const [kind, [status, type, code]] of Object.entries(kinds)) {
    it(`of kind ${kind} is a ${status} that another attempt may not meet`, () => {
      const error = streamFailure(kind as keyof typeof kinds, 'why')
      assert.deepEqual(error.api, { status, message: 'why', type, param: null, code, retryable: true })
      assert.deepEqual([error.kind, error.status, 'cause' in error], [kind, undefined, false])
    })
  }

  it('keeps its cause', () => {
    const cause = new Error('deep')
    assert.equal(streamFailure('connect', 'why', cause).cause, cause)
  })
})

describe('inBandFailure', () => {
  it('carries the error that the provider told', () => {
    const api = apiError(529, 'overloaded')
    const error = inBandFailure(api)
    assert.deepEqual([error.kind, error.api, error.status], ['in-band', api, undefined])
  })
})

describe('parseJson', () => {
  it('answers the value', () => {
    assert.deepEqual(parseJson('{"a":[1]}'), { a: [1] })
  })

  it('throws a malformed failure that does not repeat the text', () => {
    assert.throws(
      () => parseJson('{"secret"'),
      (error: unknown) =>
        error instanceof UpstreamError &&
        error.kind === 'malformed' &&
        !error.message.includes('secret') &&
        error.cause instanceof SyntaxError,
    )
  })
})
