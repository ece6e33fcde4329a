import assert from 'node:assert/strict'
import http from 'node:http'
import { chat, HELLO } from '../helpers/client.ts'
import { cleanup, fallback, gateway, target } from '../helpers/gateway.ts'
import { answer, type Reply, scripted } from '../helpers/upstream.ts'

const fails = (
  status: number,
  headers: Record<string, string> = {},
  body: unknown = { error: { message: 'no' } },
): Reply => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  chunks: [JSON.stringify(body)],
})
const GOOD: Reply = { chunks: answer('fine') }

describe('retries and fallbacks', () => {
  const opened = cleanup()

  for (const [name, headers] of Object.entries({
    milliseconds: { 'retry-after-ms': '20' },
    seconds: { 'retry-after': '0' },
    'a date': { 'retry-after': new Date(0).toUTCString() },
  })) {
    it(`waits as told in ${name} and tries the same target again`, async () => {
      const up = await opened(scripted(fails(429, headers), GOOD))
      const other = await opened(scripted(GOOD))
      const gate = await opened(gateway({ ...fallback(target(up.url), target(other.url)), retry: { attempts: 1 } }))
      assert.equal((await chat(gate.url)).text, 'fine')
      assert.equal(up.requests.length, 2)
      assert.equal(other.requests.length, 0)
    })
  }

  for (const [name, headers] of Object.entries({
    seconds: { 'retry-after': '3600' },
    'a date': { 'retry-after': new Date(Date.now() + 3_600_000).toUTCString() },
    milliseconds: { 'retry-after-ms': '3600000' },
  })) {
    it(`moves on when the wait told in ${name} is over retry.max_delay`, async () => {
      const up = await opened(scripted(fails(429, headers), GOOD))
      const other = await opened(scripted(GOOD))
      const gate = await opened(gateway({ ...fallback(target(up.url), target(other.url)), retry: { attempts: 3 } }))
      assert.equal((await chat(gate.url)).text, 'fine')
      assert.equal(up.requests.length, 1)
      assert.equal(other.requests.length, 1)
    })
  }

  it('tells the client how long to wait when nothing is left', async () => {
    const up = await opened(scripted(fails(429, { 'retry-after': '7', 'x-ratelimit-remaining-requests': '0' })))
    const gate = await opened(gateway(target(up.url)))
    const result = await chat(gate.url)
    assert.equal(result.status, 429)
    assert.equal(result.headers['retry-after'], '7')
    assert.equal(result.headers['x-ratelimit-remaining-requests'], '0')
    assert.equal(JSON.parse(result.body).error.code, 'rate_limit_exceeded')
  })

  for (const status of [408, 409, 429, 500, 502, 503, 504, 529]) {
    it(`tries the same target again after a ${status}`, async () => {
      const up = await opened(scripted(fails(status, { 'retry-after-ms': '1' }), GOOD))
      const gate = await opened(gateway({ ...target(up.url), retry: { attempts: 1 } }))
      assert.equal((await chat(gate.url)).text, 'fine')
      assert.equal(up.requests.length, 2)
    })
  }

  for (const status of [400, 401, 403, 404, 422]) {
    it(`does not try the same target again after a ${status}, but the next`, async () => {
      const up = await opened(scripted(fails(status)))
      const other = await opened(scripted(GOOD))
      const gate = await opened(gateway({ ...fallback(target(up.url), target(other.url)), retry: { attempts: 3 } }))
      assert.equal((await chat(gate.url)).text, 'fine')
      assert.equal(up.requests.length, 1)
    })
  }

  it('does not try again when the quota is used up, whatever the status says', async () => {
    const quota = {
      error: { message: 'You exceeded your current quota', type: 'insufficient_quota', code: 'insufficient_quota' },
    }
    const up = await opened(scripted(fails(429, { 'retry-after-ms': '1' }, quota)))
    const gate = await opened(gateway({ ...target(up.url), retry: { attempts: 3 } }))
    const result = await chat(gate.url)
    assert.equal(up.requests.length, 1)
    assert.equal(JSON.parse(result.body).error.code, 'insufficient_quota')
  })

  it('obeys x-should-retry', async () => {
    const no = await opened(scripted(fails(500, { 'x-should-retry': 'false' })))
    const gate = await opened(gateway({ ...target(no.url), retry: { attempts: 3 } }))
    await chat(gate.url)
    assert.equal(no.requests.length, 1)
    const yes = await opened(scripted(fails(400, { 'x-should-retry': 'true', 'retry-after-ms': '1' }), GOOD))
    const other = await opened(gateway({ ...target(yes.url), retry: { attempts: 1 } }))
    assert.equal((await chat(other.url)).text, 'fine')
  })

  it('tells the client x-should-retry: false where a retry is of no use, whatever the status', async () => {
    const quota = { error: { message: 'no', type: 'insufficient_quota', code: 'insufficient_quota' } }
    for (const [reply, told] of [
      [fails(429), undefined],
      [fails(500), undefined],
      [fails(429, {}, quota), 'false'],
      [fails(500, { 'x-should-retry': 'false' }), 'false'],
      [fails(400, { 'x-should-retry': 'true' }), undefined],
      [fails(400), 'false'],
    ] as const) {
      const up = await opened(scripted(reply))
      const gate = await opened(gateway(target(up.url)))
      for (const stream of [true, false]) {
        const { headers } = await chat(gate.url, { ...HELLO, stream })
        assert.equal(headers['x-should-retry'], told)
      }
    }
  })

  it('tells the client the wait that only the body told', async () => {
    const info = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '2.5s' }
    const body = { error: { code: 429, message: 'slow', status: 'RESOURCE_EXHAUSTED', details: [info] } }
    const google = (url: string) => ({ provider: 'google', api_key: 'k', custom_host: url, retry: { attempts: 1 } })
    const up = await opened(scripted(fails(429, {}, body)))
    const gate = await opened(gateway({ ...google(up.url), retry: { attempts: 1, max_delay: 1 } }))
    const result = await chat(gate.url)
    assert.deepEqual([result.status, result.headers['retry-after'], up.requests.length], [429, '3', 1])
    const both = await opened(scripted(fails(429, { 'retry-after-ms': '9' }, body)))
    const other = await opened(gateway({ ...google(both.url), retry: { attempts: 0 } }))
    const { headers } = await chat(other.url)
    assert.deepEqual([headers['retry-after-ms'], headers['retry-after']], ['9', undefined])
  })

  it('falls back only on the statuses named, but always on failures of transport and stream', async () => {
    const other = await opened(scripted(GOOD))
    const strategy = { mode: 'fallback', on_status_codes: [503] }
    for (const [reply, reached] of [
      [fails(500), false],
      [fails(503), true],
      [{ reset: 'before' }, true],
      [{ chunks: [] }, true],
    ] as [Reply, boolean][]) {
      const up = await opened(scripted(reply))
      const gate = await opened(gateway({ strategy, targets: [target(up.url), target(other.url)] }))
      const before = other.requests.length
      const result = await chat(gate.url)
      assert.equal(other.requests.length > before, reached)
      assert.equal(result.status, reached ? 200 : 500)
    }
  })

  it('nested groups inherit settings and fall back as a whole', async () => {
    const bad = await opened(scripted(fails(500, { 'retry-after-ms': '1' })))
    const good = await opened(scripted(GOOD))
    const config = {
      retry: { attempts: 1 },
      targets: [{ targets: [target(bad.url), target(bad.url, { retry: { attempts: 0 } })] }, target(good.url)],
    }
    const gate = await opened(gateway(config))
    assert.equal((await chat(gate.url)).text, 'fine')
    assert.equal(bad.requests.length, 3)
    assert.deepEqual(
      gate.attempts.map(({ target: name }) => name),
      ['targets[0].targets[0]', 'targets[0].targets[0]', 'targets[0].targets[1]', 'targets[1]'],
    )
  })

  it('each attempt starts from the same request, with its own target’s overrides', async () => {
    const bad = await opened(scripted(fails(500)))
    const good = await opened(scripted(GOOD))
    const gate = await opened(
      gateway(
        fallback(
          target(bad.url, { override_params: { model: 'first', temperature: 0 } }),
          target(good.url, { override_params: { model: 'second' } }),
        ),
      ),
    )
    await chat(gate.url, { ...HELLO, temperature: 1 })
    const [a] = bad.requests.map(({ body }) => JSON.parse(body))
    const [b] = good.requests.map(({ body }) => JSON.parse(body))
    assert.deepEqual([a.model, a.temperature], ['first', 0])
    assert.deepEqual([b.model, b.temperature], ['second', 1])
  })

  it('a kept connection that the provider closed meanwhile costs no attempt', async () => {
    const up = await opened(scripted(GOOD))
    const gate = await opened(gateway(target(up.url)))
    await chat(gate.url)
    // The next request on the kept connection is reset before any byte of an answer, as if it had crossed the close.
    const [socket] = up.sockets
    assert.ok(socket)
    socket.removeAllListeners('data')
    socket.once('data', () => socket.resetAndDestroy())
    socket.resume()
    const result = await chat(gate.url)
    assert.equal(result.text, 'fine')
    assert.equal(gate.attempts.length, 2)
    assert.ok(gate.attempts.every(({ outcome }) => outcome === 'whole'))
  })

  it('keeps its connections', async () => {
    const up = await opened(scripted(GOOD))
    const gate = await opened(gateway(target(up.url)))
    for (let n = 0; n < 5; n += 1) await chat(gate.url)
    assert.equal(up.sockets.size, 1)
  })

  it('never follows a redirect', async () => {
    let followed = false
    const trap = http.createServer(() => {
      followed = true
    })
    await new Promise<void>((resolve) => trap.listen(0, '127.0.0.1', resolve))
    const { port } = trap.address() as { port: number }
    for (const status of [301, 302, 303, 307, 308]) {
      const up = await opened(scripted({ status, headers: { location: `http://127.0.0.1:${port}/` } }))
      const gate = await opened(gateway(target(up.url)))
      assert.equal((await chat(gate.url)).status, 502)
    }
    trap.close()
    assert.equal(followed, false)
  })
})
