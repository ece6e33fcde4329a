import assert from 'node:assert/strict'
import { countsAsFailure } from '../../lib/breaker/counts-as-failure.ts'
import { apiError, inBandFailure, streamFailure, UpstreamError } from '../../lib/errors.ts'
import { settings } from './settings.ts'

function status(code: number): UpstreamError {
  return new UpstreamError('status', apiError(code, 'no'), { status: code })
}

describe('what counts as a failure of the target', () => {
  const { failureStatusCodes } = settings({ failureStatusCodes: [429, 500, 529] })
  const failures: [string, UpstreamError, boolean][] = [
    ['a refused connection', streamFailure('connect', ''), true],
    ['a deadline that passed', streamFailure('timeout', ''), true],
    ['a cut stream', streamFailure('truncated', ''), true],
    ['a response that cannot be read', streamFailure('malformed', ''), true],
    ['a status of the list', status(500), true],
    ['a status of the list that the client sees as another', status(529), true],
    ['a status that is not in the list', status(502), false],
    ['a bad request', status(400), false],
    ['an error in the stream that stands for a status of the list', inBandFailure(apiError(429, '')), true],
    ['an error in the stream that stands for another', inBandFailure(apiError(400, '')), false],
    ['a request that the target cannot serve', new UpstreamError('request', apiError(500, '')), false],
    ['a target that was left alone', new UpstreamError('skipped', apiError(500, '')), false],
  ]
  for (const [what, failure, counts] of failures) {
    it(`${what} ${counts ? 'counts' : 'does not count'}`, () => {
      assert.equal(countsAsFailure(failure, settings({ failureStatusCodes })), counts)
    })
  }
})
