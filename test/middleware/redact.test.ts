import assert from 'node:assert/strict'
import { apiError, UpstreamError } from '../../lib/errors.ts'
import { redacted } from '../../lib/middleware/redact.ts'

const failure = (message: string) =>
  new UpstreamError('status', apiError(429, message, { param: 'model', code: 'c', retryAfter: 5 }), {
    cause: new Error('cause'),
    status: 429,
    headers: { 'retry-after': '5' },
    shouldRetry: false,
  })

describe('a failure without secrets', () => {
  it('has each of them replaced, wherever it stands', () => {
    const { api, message } = redacted(failure('my-key-1 and my-key-2, my-key-1'), ['my-key-1', undefined, 'my-key-2'])
    assert.equal(api.message, '*** and ***, ***')
    assert.equal(message, api.message)
  })

  it('is otherwise the same', () => {
    const before = failure('my-key-1')
    const after = redacted(before, ['my-key-1'])
    assert.deepEqual(after.api, { ...before.api, message: '***' })
    const { kind, status, headers, cause, shouldRetry } = after
    assert.deepEqual(
      { kind, status, headers, cause, shouldRetry },
      { kind: 'status', status: 429, headers: { 'retry-after': '5' }, cause: before.cause, shouldRetry: false },
    )
    const bare = redacted(new UpstreamError('in-band', apiError(500, 'my-key-1')), ['my-key-1'])
    assert.deepEqual([bare.status, bare.shouldRetry, bare.cause], [undefined, undefined, undefined])
  })

  it('is the very same if it quotes none', () => {
    const before = failure('nothing here')
    assert.equal(redacted(before, ['my-key-1', undefined]), before)
  })

  it('keeps words as short as a secret never is', () => {
    const before = failure('The model is no model')
    assert.equal(redacted(before, ['', 'model', 'no']), before)
    assert.equal(redacted(failure('abcdef'), ['abcdef']).message, '***')
  })

  it('takes a secret for text, not for a pattern', () => {
    assert.equal(redacted(failure('a.b$c*d'), ['a.b$c*d']).message, '***')
    assert.equal(redacted(failure('axb$c*d'), ['a.b$c*d']).message, 'axb$c*d')
  })
})
