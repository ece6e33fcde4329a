import assert from 'node:assert/strict'
import { apiError, UpstreamError } from '../../../lib/errors.ts'
import { redacted } from '../../../lib/middleware/attempt/redact.ts'

const failure = (message: string) =>
  new UpstreamError('in-band', apiError(500, message, { code: 'x' }), { status: 500 })

describe('what a provider says of a failure', () => {
  it('is passed on as it is', () => {
    const told = failure('Overloaded')
    assert.equal(redacted(told, ['sk-secret', undefined]), told)
  })

  it('is passed on without the keys of the attempt', () => {
    const told = redacted(failure('Bad key sk-secret, I said sk-secret'), ['sk-secret'])
    assert.equal(told.api.message, 'Bad key ***, I said ***')
    assert.deepEqual([told.kind, told.status, told.api.code], ['in-band', 500, 'x'])
  })

  it('loses nothing else of the failure with the keys', () => {
    const details = {
      cause: new Error('why'),
      status: 429,
      headers: { 'retry-after': '1' },
      shouldRetry: true,
      silent: true,
    }
    const clean = redacted(new UpstreamError('status', apiError(429, 'Bad key sk-secret'), details), ['sk-secret'])
    const { cause, status, headers, shouldRetry, silent } = clean
    assert.deepEqual({ cause, status, headers, shouldRetry, silent }, details)
  })

  it('keeps words that look like a short key', () => {
    assert.equal(redacted(failure('a bad day'), ['a']).api.message, 'a bad day')
  })

  it('is cut where it is as long as an event may be', () => {
    assert.equal(redacted(failure('x'.repeat(1e6)), []).api.message.length, 2000)
    // Not before the keys are out: half of one would be left.
    assert.equal(redacted(failure(`${'x'.repeat(1995)}sk-secret`), ['sk-secret']).api.message, `${'x'.repeat(1995)}***`)
  })
})
