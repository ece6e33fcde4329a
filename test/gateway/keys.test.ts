import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { chat } from '../helpers/client.ts'
import { cleanup, fallback, gateway, target } from '../helpers/gateway.ts'
import { answer, scripted } from '../helpers/upstream.ts'

/** A provider that answers each key with a status of its own; 200 for all others. */
function guarded(statuses: Record<string, number>, headers: Record<string, string> = {}) {
  return (req: IncomingMessage, res: ServerResponse) => {
    const status = statuses[(req.headers.authorization ?? '').slice('Bearer '.length)]
    if (status === undefined) {
      res.writeHead(200, { 'content-type': 'text/event-stream' })
      res.end(answer('fine').join(''))
      return
    }
    res.writeHead(status, { 'content-type': 'application/json', ...headers })
    res.end(JSON.stringify({ error: { message: 'no' } }))
  }
}

describe('several keys', () => {
  const opened = cleanup()
  const KEYS = [{ name: 'team', key: 'sk-one' }, 'sk-two', { name: 'spare', key: 'sk-three' }]
  const severalKeys = { api_key: undefined, api_keys: KEYS }

  async function serve(statuses: Record<string, number>, more: Record<string, unknown> = {}) {
    const upstream = await opened(scripted(guarded(statuses)))
    const { api_key: _, ...keyed } = target(upstream.url, { ...severalKeys, ...more })
    return { upstream, keyed }
  }
  const keysOf = ({ requests }: { requests: { headers: { authorization?: string | undefined } }[] }) =>
    requests.map(({ headers }) => headers.authorization?.slice('Bearer '.length))

  it('are asked with at once after one that is refused or limited, which then rests', async () => {
    const { upstream, keyed } = await serve({ 'sk-one': 401, 'sk-two': 429 })
    const gate = await opened(gateway(keyed))
    assert.equal((await chat(gate.url)).text, 'fine')
    assert.equal((await chat(gate.url)).text, 'fine')
    assert.deepEqual(keysOf(upstream), ['sk-one', 'sk-two', 'sk-three', 'sk-three'])
    assert.deepEqual(
      gate.attempts.map(({ key, reason, outcome }) => [key, reason, outcome]),
      [
        ['team', 'first', 'failed'],
        ['2', 'other-key', 'failed'],
        ['spare', 'other-key', 'whole'],
        ['spare', 'first', 'whole'],
      ],
    )
    assert.ok(!JSON.stringify([gate.attempts, gate.outcomes]).includes('sk-'))
  })

  it('are each asked with once, then the next target follows', async () => {
    const { upstream, keyed } = await serve({ 'sk-one': 429, 'sk-two': 429, 'sk-three': 403 })
    const { upstream: other, keyed: next } = await serve({}, { name: 'next' })
    const gate = await opened(gateway(fallback(keyed, next)))
    assert.equal((await chat(gate.url)).text, 'fine')
    assert.equal(upstream.requests.length, 3)
    assert.equal(other.requests.length, 1)
    // All of them rest: the target is asked all the same, with the one that rests the shortest.
    assert.equal((await chat(gate.url)).text, 'fine')
    assert.deepEqual(keysOf(upstream).slice(3), ['sk-one'])
  })

  it('do not open the circuit of their target', async () => {
    const { upstream, keyed } = await serve({ 'sk-one': 401, 'sk-two': 429 }, { cb_config: { failure_threshold: 1 } })
    const gate = await opened(gateway(keyed))
    for (let n = 0; n < 3; n += 1) assert.equal((await chat(gate.url)).status, 200)
    assert.equal(upstream.requests.length, 5)
  })

  it('are told to nobody where there is one', async () => {
    const upstream = await opened(scripted(guarded({})))
    const gate = await opened(gateway(target(upstream.url)))
    await chat(gate.url)
    assert.equal(gate.attempts[0]?.key, undefined)
  })
})

describe('a group that balances by what its targets do', () => {
  const opened = cleanup()

  it('asks the one that is less busy', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const slow = await opened(scripted({ chunks: answer('slow'), gate: () => promise }))
    const quick = await opened(scripted({ chunks: answer('quick') }))
    const targets = [target(slow.url, { name: 'slow' }), target(quick.url, { name: 'quick', weight: 1e-9 })]
    const gate = await opened(gateway({ strategy: { mode: 'loadbalance', by: 'least_busy' }, targets }))
    // Nearly all of the weight is the first one's, but it has a stream under way.
    const first = chat(gate.url)
    await slow.request(0)
    assert.equal((await chat(gate.url)).text, 'quick')
    resolve()
    assert.equal((await first).text, 'slow')
  })

  it('asks the one that was quicker', async () => {
    const failing = await opened(scripted({ status: 500, chunks: ['{}'] }))
    const quick = await opened(scripted({ chunks: answer('quick') }))
    const targets = [target(failing.url, { name: 'failing' }), target(quick.url, { name: 'quick', weight: 1e-9 })]
    const gate = await opened(gateway({ strategy: { mode: 'loadbalance', by: 'latency' }, targets }))
    for (let n = 0; n < 4; n += 1) assert.equal((await chat(gate.url)).text, 'quick')
    assert.equal(failing.requests.length, 1)
  })
})
