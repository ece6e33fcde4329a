import assert from 'node:assert/strict'
import type { ApiKey } from '../../../lib/config.ts'
import { apiError, inBandFailure, streamFailure, UpstreamError } from '../../../lib/errors.ts'
import { keyRing } from '../../../lib/middleware/routing/key-ring.ts'
import type { ApiError } from '../../../lib/types/provider.ts'

const status = (code: number, details: Partial<ApiError> = {}) =>
  new UpstreamError('status', apiError(code, 'no', details), { status: code })

describe('the keys of a target', () => {
  const [a, b] = ['a', 'b'].map((name): ApiKey => ({ name, key: `secret-${name}` })) as [ApiKey, ApiKey]
  const target = { apiKeys: [a, b] }
  let now = 0
  const ring = () => {
    now = 0
    return keyRing(() => now)
  }

  it('are none where there are not several', () => {
    assert.equal(ring().pick({}), undefined)
    assert.equal(ring().hasRested({}), false)
  })

  it('are asked with in their order', () => {
    const keys = ring()
    assert.equal(keys.pick(target), a)
    keys.note(a, undefined)
    assert.equal(keys.pick(target), a)
  })

  const rests: [name: string, UpstreamError, ms: number][] = [
    ['a refused key', status(401), 300_000],
    ['one that may not', status(403), 300_000],
    ['one without credit', status(402), 300_000],
    ['one whose quota is used up', status(429, { retryable: false }), 300_000],
    ['a limited one', status(429), 30_000],
    ['a limited one, as the provider says', status(429, { retryAfter: 1500 }), 1500],
    ['a limited one, for an hour at most', status(429, { retryAfter: 1e9 }), 3_600_000],
    ['one that is limited in the stream', inBandFailure(apiError(429, '')), 30_000],
  ]
  for (const [name, error, ms] of rests) {
    it(`let ${name} rest for ${ms} ms`, () => {
      const keys = ring()
      keys.note(a, error)
      assert.equal(keys.pick(target), b)
      now = ms - 1
      assert.equal(keys.pick(target), b)
      now = ms
      assert.equal(keys.pick(target), a)
    })
  }

  it('do not rest for what is no fault of theirs', () => {
    const keys = ring()
    for (const error of [status(400), status(500), streamFailure('timeout', ''), streamFailure('truncated', '')]) {
      keys.note(a, error)
      assert.equal(keys.pick(target), a)
    }
  })

  it('that all rest are asked with by the shortest rest, and one that serves rests no longer', () => {
    const keys = ring()
    keys.note(a, status(401))
    assert.equal(keys.hasRested(target), true)
    keys.note(b, status(429))
    assert.equal(keys.hasRested(target), false)
    assert.equal(keys.pick(target), b)
    keys.note(a, undefined)
    assert.equal(keys.pick(target), a)
  })
})
