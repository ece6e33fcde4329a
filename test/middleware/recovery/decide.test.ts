import assert from 'node:assert/strict'
import { TRANSIENT_STATUSES } from '../../../lib/config/settings.ts'
import { apiError, type FailureKind, inBandFailure, streamFailure, UpstreamError } from '../../../lib/errors.ts'
import { decide, type Situation, type Step } from '../../../lib/middleware/recovery/decide.ts'
import type { ApiError } from '../../../lib/types/provider.ts'

const RETRY = { attempts: 2, onStatusCodes: TRANSIENT_STATUSES, useRetryAfterHeader: true, maxDelay: 10_000 }
const SETTINGS: Situation['settings'] = { retry: RETRY }
const FIRST_RETRY: Step = { type: 'retry', delay: 500 }
const FALLBACK: Step = { type: 'fallback' }
const FAIL: Step = { type: 'fail' }

function status(code: number, details: Partial<ApiError> = {}): UpstreamError {
  return new UpstreamError('status', apiError(code, 'no', details), { status: code })
}

function step(situation: Partial<Situation>, retry: Partial<typeof RETRY> = {}): Step {
  return decide({
    failure: streamFailure('connect', 'refused'),
    hasSimplerWay: false,
    hasOtherKey: false,
    hasOthers: true,
    retries: 0,
    budgetLeft: true,
    timeLeft: Number.POSITIVE_INFINITY,
    settings: { ...SETTINGS, retry: { ...RETRY, ...retry } },
    committed: false,
    mayContinue: true,
    random: 0,
    ...situation,
  })
}

describe('decide', () => {
  const failures: Record<string, [UpstreamError, Step]> = {
    'a refused connection': [streamFailure('connect', ''), FIRST_RETRY],
    'a timeout': [streamFailure('timeout', ''), FIRST_RETRY],
    'a cut stream': [streamFailure('truncated', ''), FIRST_RETRY],
    'a response that cannot be read': [streamFailure('malformed', ''), FIRST_RETRY],
    'an overload told in the stream': [inBandFailure(apiError(529, '')), FIRST_RETRY],
    'a bad request told in the stream': [inBandFailure(apiError(400, '')), FALLBACK],
    'a request that the target cannot serve': [new UpstreamError('request', apiError(400, '')), FALLBACK],
    'a used-up quota with a transient status': [
      status(429, { code: 'insufficient_quota', retryable: false }),
      FALLBACK,
    ],
    'a status failure without a status': [new UpstreamError('status', apiError(500, '')), FIRST_RETRY],
    'a status that retries would not help': [new UpstreamError('status', apiError(400, '')), FALLBACK],
  }
  for (const [name, [failure, expected]] of Object.entries(failures)) {
    it(`answers ${name} with ${expected.type}`, () => assert.deepEqual(step({ failure }), expected))
  }

  for (const code of TRANSIENT_STATUSES) {
    it(`retries a ${code}`, () => assert.deepEqual(step({ failure: status(code) }), FIRST_RETRY))
  }
  for (const code of [201, 301, 400, 401, 402, 403, 404, 413, 422, 501, 520]) {
    it(`falls back after a ${code}`, () => assert.deepEqual(step({ failure: status(code) }), FALLBACK))
  }

  describe('where the target has another key', () => {
    for (const code of [401, 402, 403, 429]) {
      it(`asks with it at once after a ${code}`, () => {
        assert.deepEqual(step({ failure: status(code), hasOtherKey: true, retries: 9 }), { type: 'other-key' })
      })
    }
    it('does so for a limit that is told in the stream', () => {
      assert.deepEqual(step({ failure: inBandFailure(apiError(429, '')), hasOtherKey: true }), { type: 'other-key' })
    })
    it('does not do so for what no key can change, beyond the budget, or where nothing may go on', () => {
      assert.deepEqual(step({ failure: status(400), hasOtherKey: true }), FALLBACK)
      assert.deepEqual(step({ hasOtherKey: true }), FIRST_RETRY)
      assert.deepEqual(step({ failure: status(401), hasOtherKey: true, budgetLeft: false }), FAIL)
      assert.deepEqual(step({ failure: status(401), hasOtherKey: true, committed: true, mayContinue: false }), FAIL)
    })
  })

  describe('with retry.on_status_codes', () => {
    const only = { onStatusCodes: [404, 429] }
    it('retries a status that was added, whatever the provider thinks of it', () => {
      assert.deepEqual(step({ failure: status(404) }, only), FIRST_RETRY)
    })
    it('retries none that was left out', () => {
      assert.deepEqual(step({ failure: status(503) }, only), FALLBACK)
    })
    it('retries no used-up quota, though its status is on the list', () => {
      assert.deepEqual(step({ failure: status(429, { retryable: false }) }, only), FALLBACK)
    })
    it('still retries failures that have no status', () => {
      const kinds: FailureKind[] = ['connect', 'timeout', 'truncated', 'malformed', 'in-band']
      for (const kind of kinds) {
        const failure = new UpstreamError(kind, apiError(502, ''), { status: 502 })
        assert.deepEqual(step({ failure }, { onStatusCodes: [] }), FIRST_RETRY)
      }
    })
  })

  describe('counts retries', () => {
    it('up to retry.attempts, then falls back', () => {
      const types = [0, 1, 2, 3].map((retries) => step({ retries }).type)
      assert.deepEqual(types, ['retry', 'retry', 'fallback', 'fallback'])
    })
    it('of none by default', () => {
      assert.deepEqual(step({}, { attempts: 0 }), FALLBACK)
    })
    it('and waits longer each time, less the jitter', () => {
      assert.deepEqual(step({ retries: 1 }), { type: 'retry', delay: 1000 })
      assert.deepEqual(step({ retries: 1, random: 0.5 }), { type: 'retry', delay: 875 })
    })
  })

  describe('when the provider asks to wait', () => {
    const asked = (retryAfter: number) => ({ failure: status(429, { retryAfter }) })
    it('waits as told, without jitter', () => {
      assert.deepEqual(step({ ...asked(3000), random: 0.9 }), { type: 'retry', delay: 3000 })
      assert.deepEqual(step(asked(0)), { type: 'retry', delay: 0 })
    })
    it('waits retry.max_delay at most, and falls back beyond it', () => {
      assert.deepEqual(step(asked(10_000)), { type: 'retry', delay: 10_000 })
      assert.deepEqual(step(asked(10_001)), FALLBACK)
    })
    it('waits as it would otherwise if retry.use_retry_after_header is off', () => {
      assert.deepEqual(step(asked(60_000), { useRetryAfterHeader: false }), FIRST_RETRY)
    })
    it('does not wait for what no retry can help', () => {
      assert.deepEqual(step({ failure: status(400, { retryAfter: 1 }) }), FALLBACK)
    })
  })

  describe('when the client has some of the answer', () => {
    const lost = { failure: streamFailure('truncated', ''), committed: true }
    it('retries and falls back as ever where it may go on', () => {
      assert.deepEqual(step(lost), FIRST_RETRY)
      assert.deepEqual(step({ ...lost, retries: 2 }), FALLBACK)
    })
    it('fails where it may not, rather than to fall back, too', () => {
      assert.deepEqual(step({ ...lost, mayContinue: false }), FAIL)
      assert.deepEqual(step({ ...lost, mayContinue: false, failure: inBandFailure(apiError(400, '')) }), FAIL)
    })
  })

  it('goes on before the client has anything, whatever may be after it', () => {
    assert.deepEqual(step({ mayContinue: false }), FIRST_RETRY)
  })

  it('does not wait for a silent target again where there is another one', () => {
    const failure = new UpstreamError('timeout', apiError(504, ''), { silent: true })
    assert.deepEqual([step({ failure }), step({ failure, hasOthers: false })], [FALLBACK, FIRST_RETRY])
  })

  describe('when a target was to go on with a broken answer', () => {
    const refused = new UpstreamError('malformed', apiError(502, '', { code: 'continuation_refused' }))
    for (const [name, failure, expected] of [
      ['refuses the form', status(400), { type: 'simpler-way' }],
      ['finds the form unprocessable', status(422), { type: 'simpler-way' }],
      ['cannot be given the form', new UpstreamError('request', apiError(400, '')), { type: 'simpler-way' }],
      ['says something else', refused, { type: 'simpler-way' }],
      ['has no credentials just now', new UpstreamError('request', apiError(500, '')), FIRST_RETRY],
      ['is overloaded', status(529), FIRST_RETRY],
      ['breaks as well', streamFailure('truncated', ''), FIRST_RETRY],
    ] as [string, UpstreamError, Step][]) {
      it(`and ${name}`, () => {
        assert.deepEqual(step({ failure, hasSimplerWay: true, committed: true }), expected)
      })
    }

    it('and had to start over already, there is no simpler way', () => {
      assert.deepEqual(step({ failure: status(400), committed: true }), FALLBACK)
    })
  })

  it('fails when the budget of attempts is used up, or the time', () => {
    assert.deepEqual(step({ budgetLeft: false }), FAIL)
    assert.deepEqual(step({ timeLeft: 0 }), FAIL)
  })

  it('moves on rather than begin a wait that outlasts the time left', () => {
    assert.deepEqual(step({ timeLeft: 500 }), FALLBACK)
    assert.deepEqual(step({ timeLeft: 501 }), FIRST_RETRY)
  })

  it('takes the provider at its word on whether a retry makes sense', () => {
    const told = (shouldRetry: boolean, code: number) =>
      new UpstreamError('status', apiError(code, ''), { status: code, shouldRetry })
    assert.deepEqual(step({ failure: told(true, 400) }), FIRST_RETRY)
    assert.deepEqual(step({ failure: told(false, 500) }), FALLBACK)
  })
})
