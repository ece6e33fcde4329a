import assert from 'node:assert/strict'
import { chat, HELLO, open } from '../helpers/client.ts'
import { cleanup, fallback, gateway, target } from '../helpers/gateway.ts'
import { answer, ROLE, scripted, text } from '../helpers/upstream.ts'

describe('cost', () => {
  const opened = cleanup()
  const prices = { m: { input: 1_000_000, output: 2_000_000 } }

  it('is told of every attempt: of one that broke by estimate, of one that answered by its usage', async () => {
    const broken = await opened(scripted({ chunks: [ROLE, text('12345678')], finish: 'cut' }))
    const whole = await opened(scripted({ chunks: answer('12345678', 'more') }))
    const refusing = await opened(scripted({ status: 500, chunks: ['{}'] }))
    const targets = [refusing, broken, whole].map(({ url }, index) => target(url, { name: `t${index}` }))
    const gate = await opened(gateway({ ...fallback(...targets), prices }))
    await chat(gate.url)
    const { cost } = await gate.finished()
    // "hi" is a token, and the turn 4; eight characters are two. Then 3 and 2 tokens, as counted.
    assert.deepEqual(
      cost?.legs.map(({ attempt, target, outcome, total, estimated }) => [attempt, target, outcome, total, estimated]),
      [
        [1, 't0', 'failed', 0, false],
        [2, 't1', 'failed', 5 + 4, true],
        [3, 't2', 'whole', 3 + 4, false],
      ],
    )
    assert.deepEqual([cost?.total, cost?.wasted, cost?.estimated, cost?.unpriced], [16, 9, true, 0])
    assert.deepEqual(
      gate.attempts.map((attempt) => attempt.cost?.total),
      [0, 9, 7],
    )
  })

  it('is told of an answer whose client left', async () => {
    const upstream = await opened(scripted({ chunks: [ROLE, text('12345678')], finish: 'hang' }))
    const gate = await opened(gateway({ ...target(upstream.url), prices }))
    const response = await open(gate.url, HELLO)
    response.once('data', () => response.destroy())
    const { outcome, cost } = await gate.finished()
    assert.deepEqual([outcome, cost?.total, cost?.estimated], ['aborted', 9, true])
  })

  it('is not told where there are no prices, and goes by those of the target first', async () => {
    const upstream = await opened(scripted({ chunks: answer('a') }))
    const plain = await opened(gateway(target(upstream.url)))
    await chat(plain.url)
    assert.equal((await plain.finished()).cost, undefined)
    const own = { m: { input: 0, output: 1_000_000 } }
    const gate = await opened(gateway({ prices, targets: [target(upstream.url, { prices: own })] }))
    await chat(gate.url)
    assert.equal((await gate.finished()).cost?.total, 2)
  })
})
