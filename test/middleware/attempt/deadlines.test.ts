import assert from 'node:assert/strict'
import { mock } from 'node:test'
import { type DeadlineSettings, type Deadlines, deadlines } from '../../../lib/middleware/attempt/deadlines.ts'

let now = 0

/** Lets time pass, millisecond by millisecond. */
function pass(ms: number): void {
  for (let i = 0; i < ms; i += 1) {
    now += 1
    mock.timers.tick(1)
  }
}

/** Deadlines with those that passed, and when. */
function start(settings: Partial<DeadlineSettings> = {}): Deadlines & { log: string[] } {
  const log: string[] = []
  const began = now
  const all = {
    connectTimeout: 1000,
    firstChunkTimeout: undefined,
    idleTimeout: undefined,
    requestTimeout: undefined,
    totalTimeout: undefined,
    minChunkRate: undefined,
    ...settings,
  }
  const clock = deadlines(all, (name, ms) => log.push(`${name} of ${ms} at ${now - began}`))
  return { ...clock, log }
}

describe('deadlines', () => {
  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout', 'setImmediate'] })
    mock.method(performance, 'now', () => now)
  })
  afterEach(() => {
    mock.restoreAll()
    mock.timers.reset()
  })

  describe('connect_timeout', () => {
    it('passes when the connection does not stand in time', () => {
      const { log } = start({ connectTimeout: 10 })
      pass(9)
      assert.deepEqual(log, [])
      pass(1)
      assert.deepEqual(log, ['connect_timeout of 10 at 10'])
    })

    it('is over once the connection stands', () => {
      const clock = start({ connectTimeout: 10 })
      pass(9)
      clock.connected()
      clock.connected()
      pass(100)
      assert.deepEqual(clock.log, [])
    })
  })

  describe('connect_timeout, where something else is waited for first', () => {
    it('starts anew when the connection is made', () => {
      const clock = start({ connectTimeout: 10 })
      clock.connected()
      pass(100)
      clock.connecting()
      pass(9)
      assert.deepEqual(clock.log, [])
      pass(1)
      assert.deepEqual(clock.log, ['connect_timeout of 10 at 110'])
    })

    it('runs on if nothing was waited for', () => {
      const clock = start({ connectTimeout: 10 })
      pass(5)
      clock.connecting()
      pass(5)
      assert.deepEqual(clock.log, ['connect_timeout of 10 at 10'])
    })

    it('stays away after stop', () => {
      const clock = start({ connectTimeout: 10 })
      clock.connected()
      clock.stop()
      clock.connecting()
      pass(100)
      assert.deepEqual(clock.log, [])
    })
  })

  describe('first_chunk_timeout', () => {
    it('runs from the start, whatever happens before the first content', () => {
      const clock = start({ firstChunkTimeout: 20 })
      pass(5)
      clock.connected()
      clock.clientSlow()
      pass(5)
      clock.clientReady()
      pass(20)
      assert.deepEqual(clock.log, ['first_chunk_timeout of 20 at 20'])
    })

    it('is over at the first content', () => {
      const clock = start({ firstChunkTimeout: 20 })
      clock.connected()
      pass(19)
      clock.content(1)
      pass(100)
      assert.deepEqual(clock.log, [])
    })

    it('is over at the first content also after a pause before it', () => {
      const clock = start({ firstChunkTimeout: 20, idleTimeout: 50 })
      clock.connected()
      clock.clientSlow()
      clock.clientReady()
      clock.content(1)
      pass(49)
      assert.deepEqual(clock.log, [])
    })
  })

  describe('idle_timeout', () => {
    it('runs only from the first content on', () => {
      const clock = start({ idleTimeout: 10 })
      clock.connected()
      clock.clientSlow()
      clock.clientReady()
      pass(100)
      assert.deepEqual(clock.log, [])
      clock.content(1)
      pass(10)
      assert.deepEqual(clock.log, ['idle_timeout of 10 at 110'])
    })

    it('starts again at each content', () => {
      const clock = start({ idleTimeout: 10 })
      clock.connected()
      for (let i = 0; i < 20; i += 1) {
        clock.content(1)
        pass(9)
      }
      assert.deepEqual(clock.log, [])
      pass(1)
      assert.deepEqual(clock.log, ['idle_timeout of 10 at 181'])
    })

    it('stands still while the client does not read, and starts again when it does', () => {
      const clock = start({ idleTimeout: 10 })
      clock.connected()
      clock.content(1)
      pass(5)
      clock.clientSlow()
      pass(100)
      assert.deepEqual(clock.log, [])
      clock.clientReady()
      pass(9)
      assert.deepEqual(clock.log, [])
      pass(1)
      assert.deepEqual(clock.log, ['idle_timeout of 10 at 115'])
    })

    it('does not start in a pause because of content that was already on its way', () => {
      const clock = start({ idleTimeout: 10 })
      clock.connected()
      clock.content(1)
      clock.clientSlow()
      clock.content(1)
      pass(100)
      assert.deepEqual(clock.log, [])
    })

    it('never passes if there is none', () => {
      const clock = start()
      clock.connected()
      clock.content(1)
      clock.clientSlow()
      clock.clientReady()
      pass(5000)
      assert.deepEqual(clock.log, [])
    })
  })

  describe('request_timeout', () => {
    it('runs over all, whatever comes', () => {
      const clock = start({ requestTimeout: 30, idleTimeout: 10, firstChunkTimeout: 10 })
      clock.connected()
      for (let i = 0; i < 10; i += 1) {
        clock.content(1)
        pass(5)
      }
      assert.deepEqual(clock.log, ['request_timeout of 30 at 30'])
    })

    it('runs on while the client does not read', () => {
      const clock = start({ requestTimeout: 30 })
      clock.connected()
      clock.content(1)
      clock.clientSlow()
      pass(100)
      assert.deepEqual(clock.log, ['request_timeout of 30 at 30'])
    })
  })

  it('tell the first that passes and then nothing more, whatever comes', () => {
    const clock = start({ connectTimeout: 10, requestTimeout: 20, firstChunkTimeout: 15, idleTimeout: 5 })
    pass(10)
    clock.connected()
    clock.content(1)
    clock.clientSlow()
    clock.clientReady()
    pass(100)
    assert.deepEqual(clock.log, ['connect_timeout of 10 at 10'])
  })

  it('tell nothing after stop, whatever comes', () => {
    const clock = start({ connectTimeout: 10, requestTimeout: 20, firstChunkTimeout: 15, idleTimeout: 5 })
    clock.stop()
    clock.connected()
    clock.content(1)
    clock.clientReady()
    pass(100)
    assert.deepEqual(clock.log, [])
  })

  it('wait on when the timer is early', () => {
    const { log } = start({ connectTimeout: 10 })
    mock.timers.tick(10)
    assert.deepEqual(log, [])
    now += 10
    mock.timers.tick(10)
    assert.deepEqual(log, ['connect_timeout of 10 at 10'])
  })

  it('set no timer for a content after the first', () => {
    const clock = start({ idleTimeout: 10 })
    clock.connected()
    clock.content(1)
    const { mock: calls } = mock.method(globalThis, 'setTimeout')
    for (let i = 0; i < 100; i += 1) clock.content(1)
    assert.equal(calls.callCount(), 0)
    pass(10)
    assert.deepEqual(clock.log, ['idle_timeout of 10 at 10'])
  })

  it('total_timeout passes whatever comes', () => {
    const clock = start({ totalTimeout: 20, idleTimeout: 10 })
    clock.connected()
    for (let n = 0; n < 4; n += 1) {
      clock.content(100)
      pass(6)
    }
    assert.deepEqual(clock.log, ['total_timeout of 20 at 20'])
  })

  describe('after the end of what the provider sends', () => {
    const rate = { minChunkRate: { charactersPerSecond: 100, window: 10 } }

    it('the deadlines of the provider are over', () => {
      const clock = start({ connectTimeout: 10, firstChunkTimeout: 10, requestTimeout: 10, ...rate })
      clock.whole()
      pass(100)
      assert.deepEqual(clock.log, [])
    })

    for (const contents of [0, 1]) {
      it(`idle_timeout runs from there to each chunk that goes out, after ${contents} contents`, () => {
        const clock = start({ idleTimeout: 10, ...rate })
        clock.connected()
        if (contents > 0) clock.content(1)
        pass(5)
        clock.whole()
        for (let n = 0; n < 3; n += 1) {
          pass(8)
          clock.content(0)
        }
        pass(100)
        assert.deepEqual(clock.log, ['idle_timeout of 10 at 39'])
      })
    }

    it('idle_timeout waits for a client that does not read', () => {
      const clock = start({ idleTimeout: 10, ...rate })
      clock.connected()
      clock.content(1)
      clock.clientSlow()
      clock.whole()
      pass(100)
      clock.clientReady()
      pass(9)
      assert.deepEqual(clock.log, [])
      pass(1)
      assert.deepEqual(clock.log, ['idle_timeout of 10 at 110'])
    })

    it('total_timeout goes on', () => {
      const clock = start({ totalTimeout: 20 })
      clock.whole()
      clock.clientSlow()
      pass(20)
      assert.deepEqual(clock.log, ['total_timeout of 20 at 20'])
    })
  })

  describe('min_chunk_rate', () => {
    const rate = { minChunkRate: { charactersPerSecond: 100, window: 100 } }

    it('passes at the end of the first window with too few characters', () => {
      const clock = start(rate)
      clock.connected()
      clock.content(1)
      pass(50)
      clock.content(8)
      pass(50)
      assert.deepEqual(clock.log, ['min_chunk_rate of 100 at 100'])
    })

    it('counts anew in each window', () => {
      const clock = start(rate)
      clock.connected()
      clock.content(10)
      for (let n = 0; n < 3; n += 1) {
        clock.content(10)
        pass(100)
      }
      assert.deepEqual(clock.log, [])
      pass(100)
      assert.deepEqual(clock.log, ['min_chunk_rate of 100 at 400'])
    })

    it('does not watch a stream that waits for its first content or for the client', () => {
      const clock = start(rate)
      clock.connected()
      pass(500)
      clock.content(1)
      clock.clientSlow()
      pass(500)
      clock.clientReady()
      clock.content(20)
      pass(100)
      assert.deepEqual(clock.log, [])
    })
  })
})
