import assert from 'node:assert/strict'
import { backoff, retryAfter } from '../../../lib/middleware/recovery/backoff.ts'

describe('backoff', () => {
  for (const [retry, most] of [500, 1000, 2000, 4000, 8000, 8000, 8000].entries()) {
    it(`is at most ${most} ms before retry ${retry}, and up to a quarter less`, () => {
      assert.equal(backoff(retry, 0), most)
      assert.equal(backoff(retry, 0.5), most * 0.875)
      assert.ok(backoff(retry, 0.999_999) > most * 0.75)
    })
  }
})

describe('retryAfter', () => {
  const NOW = Date.parse('2026-11-22T12:00:00Z')
  const told: [headers: Record<string, string>, ms: number | undefined][] = [
    [{}, undefined],
    [{ 'retry-after': '3' }, 3000],
    [{ 'retry-after': ' 3 ' }, 3000],
    [{ 'retry-after': '0.25' }, 250],
    [{ 'retry-after': '0' }, 0],
    [{ 'retry-after': 'Sun, 22 Nov 2026 12:00:30 GMT' }, 30_000],
    [{ 'retry-after': 'Sunday, 22-Nov-26 12:00:30 GMT' }, 30_000],
    [{ 'retry-after': 'Sun, 22 Nov 2026 11:59:30 GMT' }, 0],
    [{ 'retry-after': '' }, undefined],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'retry-after': '-1' }, undefined],
    [{ 'retry-after': '-0.5' }, undefined],
    [{ 'retry-after': '+3' }, undefined],
    [{ 'retry-after': '3s' }, undefined],
    [{ 'retry-after': '3, 3' }, undefined],
    [{ 'retry-after': '1e3' }, undefined],
    [{ 'retry-after': 'NaN' }, undefined],
    [{ 'retry-after-ms': '1500' }, 1500],
    [{ 'retry-after-ms': '12.5' }, 12.5],
    [{ 'retry-after-ms': '0' }, 0],
    [{ 'retry-after-ms': '1500', 'retry-after': '9' }, 1500],
    [{ 'retry-after-ms': '-1', 'retry-after': '9' }, 9000],
    [{ 'retry-after-ms': '', 'retry-after': '9' }, 9000],
    [{ 'retry-after-ms': 'x', 'retry-after': 'x' }, undefined],
  ]
  for (const [headers, ms] of told) {
    it(`reads ${JSON.stringify(headers)} as ${ms}`, () => assert.equal(retryAfter(headers, NOW), ms))
  }
})
