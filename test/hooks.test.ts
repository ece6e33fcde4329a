import assert from 'node:assert/strict'
import { combineHooks, type Outcome } from '../lib/index.ts'

const outcome = {} as Outcome
const boom = (message: string) => () => {
  throw new Error(message)
}

describe('combined hooks', () => {
  it('are all called, in their order', () => {
    const called: string[] = []
    const hooks = combineHooks({ onFinish: () => called.push('a') }, {}, { onFinish: () => called.push('b') })
    hooks.onFinish?.(outcome)
    assert.deepEqual(called, ['a', 'b'])
  })

  it('are called though others throw or reject, whose errors are told', async () => {
    let called = false
    const reject = async () => boom('second')()
    const hooks = combineHooks({ onFinish: boom('first') }, { onFinish: reject }, { onFinish: () => (called = true) })
    await assert.rejects(async () => hooks.onFinish?.(outcome), /first|second/)
    assert.ok(called)
    await assert.rejects(
      async () => combineHooks({ onFinish: boom('one') }, { onFinish: boom('two') }).onFinish?.(outcome),
      AggregateError,
    )
  })

  it('are all there', () => {
    const called: string[] = []
    const names = [
      'onRequest',
      'onAttemptStart',
      'onAttemptEnd',
      'onChunk',
      'onResume',
      'onCircuit',
      'onFinish',
    ] as const
    const hooks = combineHooks(Object.fromEntries(names.map((name) => [name, () => called.push(name)])))
    for (const name of names) (hooks[name] as () => void)()
    assert.deepEqual(called, names)
    assert.deepEqual(Object.keys(hooks).sort(), names.toSorted())
  })

  it('look at chunks only if one of them does', () => {
    assert.equal(combineHooks({}, { onFinish() {} }).onChunk, undefined)
    assert.ok(combineHooks({}, { onChunk() {} }).onChunk)
  })
})
