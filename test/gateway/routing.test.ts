import assert from 'node:assert/strict'
import { when } from '../config/fake-providers.ts'
import { chat, HELLO } from '../helpers/client.ts'
import { cleanup, gateway, target } from '../helpers/gateway.ts'
import { answer, scripted } from '../helpers/upstream.ts'

describe('a choice between targets', () => {
  const opened = cleanup()

  /** Servers that answer with their names. */
  async function named<Name extends string>(...names: Name[]): Promise<Record<Name, Record<string, unknown>>> {
    const targets: [Name, Record<string, unknown>][] = []
    for (const name of names) {
      targets.push([name, target((await opened(scripted({ chunks: answer(name) }))).url, { name })])
    }
    return Object.fromEntries(targets) as Record<Name, Record<string, unknown>>
  }
  const many = async (url: string, body: unknown = HELLO) => {
    const results = await Promise.all(Array.from({ length: 40 }, () => chat(url, body)))
    return [...new Set(results.map(({ text }) => text))].sort()
  }

  describe('by weight', () => {
    it('comes to all that have one, and never to one of weight 0', async () => {
      const { a, b, none } = await named('a', 'b', 'none')
      const targets = [{ ...a, weight: 1 }, { ...none, weight: 0 }, b]
      const gate = await opened(gateway({ strategy: { mode: 'loadbalance' }, targets }))
      assert.deepEqual(await many(gate.url), ['a', 'b'])
    })

    it('has the others as fallbacks', async () => {
      const { a } = await named('a')
      const down = await opened(scripted({ status: 500, chunks: ['{}'] }))
      const targets = [
        { ...target(down.url), weight: 1e6 },
        { ...a, weight: 1e-6 },
      ]
      const gate = await opened(gateway({ strategy: { mode: 'loadbalance' }, targets }))
      assert.deepEqual(await many(gate.url), ['a'])
      assert.ok(down.requests.length >= 30)
    })

    it('sticks to one for the same metadata of the request, stream or not', async () => {
      const { a, b, c } = await named('a', 'b', 'c')
      const gate = await opened(
        gateway({
          strategy: { mode: 'loadbalance', sticky: 'user' },
          targets: [a, b, c],
          metadata: { user: 'nobody' },
        }),
      )
      const seen = new Set<string>()
      for (let user = 0; seen.size < 3; user += 1) {
        const metadata = { user: `u${user}` }
        const [name, ...others] = await many(gate.url, { ...HELLO, metadata })
        assert.deepEqual(others, [])
        const whole = await chat(gate.url, { ...HELLO, metadata, stream: false })
        assert.equal(JSON.parse(whole.body).choices[0].message.content, name)
        seen.add(name ?? '')
      }
      assert.equal((await many(gate.url)).length, 1)
    })
  })

  describe('by conditions', () => {
    const strategy = {
      mode: 'conditional',
      conditions: [
        when({ 'metadata.plan': 'pro' }, 'good'),
        when({ $and: [{ 'params.max_tokens': { $lte: 10 } }, { 'params.model': { $regex: '^m' } }] }, 'cheap'),
      ],
    }

    it('takes the first that holds for the request, else the default', async () => {
      const { good, cheap, other } = await named('good', 'cheap', 'other')
      const gate = await opened(
        gateway({
          strategy: { ...strategy, default: 'other' },
          targets: [other, cheap, good],
          metadata: { plan: 'free' },
        }),
      )
      for (const [more, name] of [
        [{ metadata: { plan: 'pro' }, max_tokens: 5 }, 'good'],
        [{ max_tokens: 10 }, 'cheap'],
        [{ max_tokens: 10, model: 'x' }, 'other'],
        [{ max_tokens: 11 }, 'other'],
        [{ metadata: { plan: 'team' } }, 'other'],
      ] as const) {
        assert.equal((await chat(gate.url, { ...HELLO, ...more })).text, name)
      }
    })

    it('is a 400 when none holds and there is no default', async () => {
      const { good, cheap } = await named('good', 'cheap')
      const gate = await opened(gateway({ strategy, targets: [good, cheap] }))
      const result = await chat(gate.url)
      assert.deepEqual([result.status, JSON.parse(result.body).error.code], [400, 'no_route'])
      assert.equal(gate.attempts.length, 0)
    })

    it('leads into groups, and out of them to the next', async () => {
      const { good, cheap, last } = await named('good', 'cheap', 'last')
      const down = await opened(scripted({ status: 500, chunks: ['{}'] }))
      const group = {
        name: 'good',
        strategy: { mode: 'loadbalance' },
        targets: [target(down.url), { ...good, weight: 1e-9 }],
      }
      const only = { strategy: { ...strategy, conditions: strategy.conditions.slice(1) }, targets: [group, cheap] }
      const gate = await opened(gateway({ targets: [{ strategy, targets: [group, cheap] }, only, last] }))
      assert.equal((await chat(gate.url, { ...HELLO, metadata: { plan: 'pro' } })).text, 'good')
      assert.equal((await chat(gate.url)).text, 'last')
      assert.equal(down.requests.length, 1)
    })
  })
})
