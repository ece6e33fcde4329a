import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import { mock } from 'node:test'
import { type BreakerStore, memoryStore } from '../../lib/index.ts'
import { chat, HELLO } from '../helpers/client.ts'
import { cleanup, fallback, gateway, target } from '../helpers/gateway.ts'
import { answer, type Reply, ROLE, scripted, text } from '../helpers/upstream.ts'

const GOOD: Reply = { chunks: answer('fine') }
const fails = (status: number, headers: Record<string, string> = {}): Reply => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  chunks: ['{"error":{"message":"no"}}'],
})
/** Opens at the first failure, and stays open for as long as a test takes. */
const AT_ONCE = { cb_config: { failure_threshold: 1 } }
/** As good as no cooldown: a circuit is half open as soon as it has opened. */
const NO_COOLDOWN = { cb_config: { failure_threshold: 1, cooldown_interval: 1 } }

describe('a circuit breaker', () => {
  const opened = cleanup()

  it('lets requests pass by a target that failed too often', async () => {
    const [first, second] = [await opened(scripted(fails(500))), await opened(scripted(GOOD))]
    const cb_config = { failure_threshold: 2 }
    const gate = await opened(gateway({ ...fallback(target(first.url), target(second.url)), cb_config }))
    for (let n = 0; n < 5; n += 1) assert.equal((await chat(gate.url)).text, 'fine')
    assert.equal(first.requests.length, 2)
    assert.equal(second.requests.length, 5)
    assert.equal(gate.outcomes.at(-1)?.attempts, 1)
  })

  describe('in the memory of this process, when the clock of the machine', () => {
    let jump = 0
    beforeEach(() => {
      jump = 0
      const { now } = Date
      mock.method(Date, 'now', () => now() + jump)
    })
    afterEach(() => mock.restoreAll())

    it('jumps back, is probed after its cooldown all the same', async () => {
      const [first, second] = [await opened(scripted(fails(500), GOOD)), await opened(scripted(GOOD))]
      const gate = await opened(gateway({ ...fallback(target(first.url), target(second.url)), ...NO_COOLDOWN }))
      await chat(gate.url)
      jump = -3_600_000
      await chat(gate.url)
      assert.equal(first.requests.length, 2)
    })

    it('jumps ahead, stays open for its cooldown all the same', async () => {
      const [first, second] = [await opened(scripted(fails(500), GOOD)), await opened(scripted(GOOD))]
      const gate = await opened(gateway({ ...fallback(target(first.url), target(second.url)), ...AT_ONCE }))
      await chat(gate.url)
      jump = 2 * 3_600_000
      await chat(gate.url)
      assert.equal(first.requests.length, 1)
    })
  })

  it('is there only with cb_config', async () => {
    const [first, second] = [await opened(scripted(fails(500))), await opened(scripted(GOOD))]
    const gate = await opened(gateway(fallback(target(first.url), target(second.url))))
    for (let n = 0; n < 30; n += 1) await chat(gate.url)
    assert.equal(first.requests.length, 30)
  })

  for (const [name, reply] of Object.entries({
    'a cut stream': { chunks: [ROLE, text('a')], finish: 'reset' },
    'no response': { reset: 'before' },
    'an error in the stream': { chunks: ['data: {"error":{"message":"Overloaded","code":"overloaded"}}\n\n'] },
  } as Record<string, Reply>)) {
    it(`opens after ${name}, too`, async () => {
      const [first, second] = [await opened(scripted(reply)), await opened(scripted(GOOD))]
      const gate = await opened(gateway({ ...fallback(target(first.url), target(second.url)), ...AT_ONCE }))
      for (let n = 0; n < 3; n += 1) await chat(gate.url)
      assert.equal(first.requests.length, 1)
    })
  }

  it("does not open for what a client's own key is refused", async () => {
    for (const status of [401, 403, 429]) {
      const [first, second] = [await opened(scripted(fails(status))), await opened(scripted(GOOD))]
      const cb_config = { failure_threshold: 1, failure_status_codes: [401, 403, 429, 500] }
      const { api_key: _, ...keyless } = target(first.url)
      const gate = await opened(gateway({ ...fallback(keyless, target(second.url)), cb_config }))
      for (let n = 0; n < 3; n += 1) await chat(gate.url, HELLO, { authorization: 'Bearer their-own' })
      assert.equal(first.requests.length, 3, String(status))
    }
  })

  it('does not open for what the request is to blame for, nor for other statuses than it is told', async () => {
    const [first, second] = [await opened(scripted(fails(400), fails(500))), await opened(scripted(GOOD))]
    const cb_config = { failure_threshold: 1, failure_status_codes: [503] }
    const gate = await opened(gateway({ ...fallback(target(first.url), target(second.url)), cb_config }))
    for (let n = 0; n < 4; n += 1) await chat(gate.url)
    assert.equal(first.requests.length, 4)
    const unable = { ...target(first.url), provider: 'groq' }
    const other = await opened(gateway({ ...fallback(unable, target(second.url)), ...AT_ONCE }))
    for (let n = 0; n < 2; n += 1) await chat(other.url, { ...HELLO, n: 2 })
    assert.deepEqual(
      other.attempts.map(({ failure }) => failure?.kind),
      ['request', undefined, 'request', undefined],
    )
  })

  it('does not open for clients that leave', async () => {
    const up = await opened(scripted({ chunks: [ROLE], finish: 'hang' }, GOOD))
    const other = await opened(scripted({ chunks: answer('other') }))
    const gate = await opened(gateway({ ...fallback(target(up.url), target(other.url)), ...AT_ONCE }))
    const request = http.request(`${gate.url}/v1/chat/completions`, { method: 'POST', agent: false })
    request.on('error', () => {})
    request.end(JSON.stringify(HELLO))
    await up.request(0)
    request.destroy()
    await gate.finished()
    assert.equal((await chat(gate.url)).text, 'fine')
  })

  it('ends the retries on its target', async () => {
    const busy = fails(503, { 'retry-after-ms': '1' })
    const [first, second] = [await opened(scripted(busy)), await opened(scripted(GOOD))]
    const config = { ...fallback(target(first.url), target(second.url)), retry: { attempts: 5 } }
    const gate = await opened(gateway({ ...config, cb_config: { failure_threshold: 2 } }))
    assert.equal((await chat(gate.url)).text, 'fine')
    assert.equal(first.requests.length, 2)
  })

  it('is not what the client is told of when its target had failed before', async () => {
    const up = await opened(scripted(fails(500, { 'retry-after-ms': '1' })))
    const gate = await opened(gateway({ ...target(up.url), ...AT_ONCE, retry: { attempts: 5 } }))
    const result = await chat(gate.url)
    assert.deepEqual([result.status, up.requests.length], [500, 1])
    assert.equal(JSON.parse(result.body).error.message, 'no')
  })

  describe('when its cooldown is over', () => {
    it('lets one request probe, and closes when that is answered', async () => {
      const first = await opened(scripted(fails(500), { chunks: answer('well again') }))
      const second = await opened(scripted(GOOD))
      const gate = await opened(gateway({ ...fallback(target(first.url), target(second.url)), ...NO_COOLDOWN }))
      assert.equal((await chat(gate.url)).text, 'fine')
      while ((await chat(gate.url)).text !== 'well again');
      for (let n = 0; n < 3; n += 1) assert.equal((await chat(gate.url)).text, 'well again')
    })

    it('lets no other pass while that is under way', async () => {
      let release = () => {}
      const held = new Promise<void>((resolve) => {
        release = resolve
      })
      const slow: Reply = { chunks: [ROLE, answer('well again').slice(1).join('')], gate: () => held }
      const [first, second] = [await opened(scripted(fails(500), slow)), await opened(scripted(GOOD))]
      const gate = await opened(gateway({ ...fallback(target(first.url), target(second.url)), ...NO_COOLDOWN }))
      const answers: Promise<string>[] = []
      for (let asked = 1; first.requests.length < 2; asked += 1) {
        answers.push(chat(gate.url).then((each) => each.text))
        await Promise.race([gate.finished(asked), first.request(1)])
      }
      for (let n = 0; n < 3; n += 1) assert.equal((await chat(gate.url)).text, 'fine')
      assert.equal(first.requests.length, 2)
      release()
      assert.equal((await Promise.all(answers)).at(-1), 'well again')
    })

    it('opens again when the probe fails', async () => {
      const [first, second] = [await opened(scripted(fails(500))), await opened(scripted(GOOD))]
      const gate = await opened(gateway({ ...fallback(target(first.url), target(second.url)), ...NO_COOLDOWN }))
      while (first.requests.length < 4) assert.equal((await chat(gate.url)).text, 'fine')
    })

    it('gives the probe to another request when its client leaves', async () => {
      const first = await opened(scripted(fails(500), { chunks: [ROLE], finish: 'hang' }, { chunks: answer('well') }))
      const second = await opened(scripted(GOOD))
      const gate = await opened(gateway({ ...fallback(target(first.url), target(second.url)), ...NO_COOLDOWN }))
      await chat(gate.url)
      while (first.requests.length < 2) {
        const request = http.request(`${gate.url}/v1/chat/completions`, { method: 'POST', agent: false })
        request.on('error', () => {})
        request.end(JSON.stringify(HELLO))
        await Promise.race([first.request(1), once(request, 'response')])
        request.destroy()
      }
      while ((await chat(gate.url)).text !== 'well');
    })
  })

  it('stays open for as long as a 429 asks to wait', async () => {
    const limited = await opened(scripted(fails(429, { 'retry-after': '60' })))
    const broken = await opened(scripted(fails(503, { 'retry-after': '60' })))
    const second = await opened(scripted(GOOD))
    const targets = [target(limited.url), target(broken.url), target(second.url)]
    const gate = await opened(gateway({ ...fallback(...targets), ...NO_COOLDOWN }))
    // The wait of other statuses is none: when that circuit is probed, the other one's own cooldown is over as well.
    while (broken.requests.length < 3) assert.equal((await chat(gate.url)).text, 'fine')
    assert.equal(limited.requests.length, 1)
  })

  describe('where all are open', () => {
    it('the target that closes first is tried all the same, and it alone', async () => {
      const later = await opened(scripted(fails(429, { 'retry-after': '60' }), GOOD))
      const sooner = await opened(scripted(fails(429, { 'retry-after': '30' }), { chunks: answer('least bad') }))
      const last = await opened(scripted(fails(429, { 'retry-after': '90' }), GOOD))
      const targets = [later, sooner, last].map(({ url }) => target(url))
      const gate = await opened(gateway({ ...fallback(...targets), ...AT_ONCE }))
      assert.equal((await chat(gate.url)).status, 429)
      const result = await chat(gate.url)
      assert.equal(result.text, 'least bad')
      assert.deepEqual([later.requests.length, sooner.requests.length, last.requests.length], [1, 2, 1])
      // An answer is good news.
      assert.equal((await chat(gate.url)).text, 'least bad')
      assert.equal(gate.outcomes.at(-1)?.target, 'targets[1]')
    })

    it('its failure is what the client is told of', async () => {
      const up = await opened(scripted(fails(500), fails(503)))
      const gate = await opened(gateway({ ...target(up.url), ...AT_ONCE }))
      assert.deepEqual([(await chat(gate.url)).status, (await chat(gate.url)).status], [500, 503])
    })
  })

  it('an open circuit is left alone when another target was tried in vain', async () => {
    const open = await opened(scripted(fails(500)))
    const other = await opened(scripted(fails(503)))
    const gate = await opened(gateway(fallback(target(open.url, AT_ONCE), target(other.url))))
    for (let n = 0; n < 3; n += 1) assert.equal((await chat(gate.url)).status, 503)
    assert.deepEqual([open.requests.length, other.requests.length], [1, 3])
  })

  it('no call is made beside a late target to one whose circuit is open', async () => {
    const slow = await opened(
      scripted((_req, res) => {
        res.writeHead(200, { 'content-type': 'text/event-stream' })
        setTimeout(() => res.end(answer('late').join('')), 60)
      }),
    )
    const open = await opened(scripted(fails(500)))
    const strategy = { mode: 'hedge', delay: 10, max_extra: 1 }
    const gate = await opened(gateway({ strategy, targets: [target(slow.url), target(open.url, AT_ONCE)] }))
    for (let n = 0; n < 3; n += 1) assert.equal((await chat(gate.url)).text, 'late')
    assert.equal(open.requests.length, 1)
  })

  it('a target that cannot go on with a broken answer is no broken target', async () => {
    const sent = 'The quick brown fox jumps over the '
    const broken = await opened(scripted({ chunks: [ROLE, text(sent)], finish: 'reset' }))
    const sound = await opened(
      scripted(
        { chunks: answer('The quick brown cat') },
        { chunks: answer('Sure!') },
        { chunks: answer(`${sent}dog`) },
      ),
    )
    const targets = [target(broken.url), target(sound.url, { prefill: true, ...AT_ONCE })]
    const gate = await opened(gateway({ ...fallback(...targets), mid_stream: 'continue' }))
    const result = await chat(gate.url)
    assert.deepEqual([result.text, result.done, result.comments], [`${sent}dog`, true, []])
    assert.equal(sound.requests.length, 3)
  })

  it('several gateways with one store know the same', async () => {
    const [first, second] = [await opened(scripted(fails(500))), await opened(scripted(GOOD))]
    const config = { ...fallback(target(first.url), target(second.url)), ...AT_ONCE }
    const breakerStore = memoryStore()
    for (let n = 0; n < 3; n += 1) {
      const gate = await opened(gateway(config, { breakerStore }))
      assert.equal((await chat(gate.url)).text, 'fine')
    }
    assert.equal(first.requests.length, 1)
  })

  it('a store that fails harms no request, and is told of', async () => {
    const fail = () => Promise.reject(new Error('no store'))
    const breakerStore: BreakerStore = { increment: fail, get: fail, set: fail, setIfAbsent: fail, delete: fail }
    const logged: unknown[] = []
    const [first, second] = [await opened(scripted(fails(500))), await opened(scripted(GOOD))]
    const config = { ...fallback(target(first.url), target(second.url)), ...AT_ONCE }
    const logger = { error: (each: unknown) => logged.push(String(each)) }
    const gate = await opened(gateway(config, { breakerStore, logger }))
    for (let n = 0; n < 2; n += 1) assert.equal((await chat(gate.url)).text, 'fine')
    assert.equal(first.requests.length, 2)
    assert.match(String(logged), /breaker store/)
  })

  it('a config that comes with a request neither knows nor changes the circuits of others', async () => {
    const up = await opened(scripted(fails(500), GOOD))
    const other = await opened(scripted({ chunks: answer('other') }))
    const config = { ...fallback(target(up.url, { name: 'a' }), target(other.url, { name: 'b' })), ...AT_ONCE }
    const gate = await opened(gateway(config, { requestConfig: { allowPrivateHosts: true } }))
    const own = { 'x-portkey-config': JSON.stringify(config) }
    assert.equal((await chat(gate.url, HELLO, own)).text, 'other')
    assert.equal((await chat(gate.url, HELLO, own)).text, 'fine')
    assert.equal((await chat(gate.url)).text, 'fine')
    const down = await opened(scripted(fails(500)))
    const shared = { ...fallback(target(down.url, { name: 'a' }), target(other.url, { name: 'b' })), ...AT_ONCE }
    const second = await opened(gateway(shared, { requestConfig: { allowPrivateHosts: true } }))
    await chat(second.url)
    assert.equal((await chat(second.url, HELLO, own)).text, 'fine')
    assert.equal((await chat(second.url)).text, 'other')
    assert.equal(down.requests.length, 1)
  })
})
