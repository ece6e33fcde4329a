import assert from 'node:assert/strict'
import { chat } from '../helpers/client.ts'
import { cleanup, fallback, gateway, target } from '../helpers/gateway.ts'
import { answer, type Reply, ROLE, scripted, text } from '../helpers/upstream.ts'

const BUSY: Reply = { status: 503, headers: { 'retry-after-ms': '1' }, chunks: ['{}'] }

describe('what bounds all attempts together', () => {
  const opened = cleanup()

  it('retry_budget: no more attempts than that beyond the first', async () => {
    const busy = await opened(scripted(BUSY))
    const config = fallback(target(busy.url), target(busy.url), target(busy.url))
    const gate = await opened(gateway({ ...config, retry: { attempts: 5 }, retry_budget: 3 }))
    assert.equal((await chat(gate.url)).status, 503)
    assert.equal(busy.requests.length, 4)
  })

  it('total_timeout: ends the attempt that runs and starts no other', async () => {
    const hung = await opened(scripted({ chunks: [ROLE], finish: 'hang' }))
    const gate = await opened(gateway({ ...fallback(target(hung.url), target(hung.url)), total_timeout: 60 }))
    const result = await chat(gate.url)
    assert.equal(result.status, 504)
    assert.match(JSON.parse(result.body).error.message, /total_timeout/)
    assert.equal(hung.requests.length, 1)
  })

  it('total_timeout: a wait that would outlast it is not begun', async () => {
    const busy = await opened(scripted({ ...BUSY, headers: { 'retry-after-ms': '5000' } }))
    const good = await opened(scripted({ chunks: answer('fine') }))
    const gate = await opened(
      gateway({ ...fallback(target(busy.url), target(good.url)), retry: { attempts: 3 }, total_timeout: 4000 }),
    )
    assert.equal((await chat(gate.url)).text, 'fine')
    assert.equal(busy.requests.length, 1)
  })

  it('total_timeout: in mid-stream the client gets the error', async () => {
    const hung = await opened(scripted({ chunks: [ROLE, text('Hel')], finish: 'hang' }))
    const gate = await opened(gateway({ ...fallback(target(hung.url), target(hung.url)), total_timeout: 60 }))
    const result = await chat(gate.url)
    assert.equal(result.frames.at(-1)?.error?.code, 'upstream_timeout')
    assert.equal(hung.requests.length, 1)
  })

  it('min_chunk_rate: a stream that trickles is a failed stream', async () => {
    const slow = await opened(
      scripted((_req, res) => {
        res.writeHead(200, { 'content-type': 'text/event-stream' })
        res.write(ROLE + text('Hello'))
        const timer = setInterval(() => res.write(text('.')), 20)
        res.on('close', () => clearInterval(timer))
      }),
    )
    const good = await opened(scripted({ chunks: answer('Hi') }))
    const rate = { min_chunk_rate: { characters_per_second: 1000, window: 100 }, idle_timeout: 10_000 }
    const gate = await opened(gateway(fallback(target(slow.url, rate), target(good.url))))
    const result = await chat(gate.url)
    assert.ok(result.text.endsWith('Hi'))
    assert.equal(result.done, true)
    assert.match(gate.attempts[0]?.failure?.message ?? '', /min_chunk_rate/)
    await slow.requests[0]?.closed
  })
})
