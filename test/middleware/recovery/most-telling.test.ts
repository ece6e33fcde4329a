import assert from 'node:assert/strict'
import { apiError, streamFailure, UpstreamError } from '../../../lib/errors.ts'
import { mostTelling } from '../../../lib/middleware/recovery/most-telling.ts'
import type { ApiError } from '../../../lib/types/provider.ts'

const status = (code: number, details: Partial<ApiError> = {}, message = 'no') =>
  new UpstreamError('status', apiError(code, message, details), { status: code })
const LIMITED = status(429, { retryAfter: 5000 })
const DOWN = status(503)
const CUT = streamFailure('truncated', 'cut')
const BAD = status(400)
const NO_MODEL = status(404, {}, 'no such model')
const SKIPPED = new UpstreamError('skipped', apiError(503, ''))
const REFUSED = new UpstreamError('malformed', apiError(502, '', { code: 'continuation_refused', retryable: true }))

describe('of several failures the most telling one', () => {
  const table: [name: string, failures: UpstreamError[], best: UpstreamError][] = [
    ['is the only one', [BAD], BAD],
    ["is the primary's limit, not a fallback's unknown model", [LIMITED, NO_MODEL], LIMITED],
    ["is the primary's bad request, not a fallback's unknown model", [BAD, NO_MODEL], BAD],
    ["is the primary's unknown model, not that of a fallback", [NO_MODEL, status(404, {}, 'nor this model')], NO_MODEL],
    ['may pass, rather than is for good', [CUT, BAD], CUT],
    ['says how long to wait', [LIMITED, DOWN], LIMITED],
    ['is the last of equals', [CUT, DOWN], DOWN],
    ['happened, rather than was left out', [BAD, SKIPPED], BAD],
    ['is the break, not that nobody went on with it', [CUT, REFUSED], CUT],
  ]
  for (const [name, failures, best] of table) {
    it(name, () => assert.equal(mostTelling(failures, failures.at(-1) as UpstreamError), best))
  }
})
