import assert from 'node:assert/strict'
import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { deadlines } from '../../../lib/middleware/attempt/deadlines.ts'

describe('a deadline that fires late, since this process was busy', () => {
  const IDLE = { connectTimeout: 10_000, idleTimeout: 30 }
  const NONE = {
    firstChunkTimeout: undefined,
    requestTimeout: undefined,
    totalTimeout: undefined,
    minChunkRate: undefined,
  }

  /** Both ends of a connection. */
  async function connection() {
    const server = net.createServer()
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const near = net.connect((server.address() as AddressInfo).port, '127.0.0.1')
    const [far] = (await once(server, 'connection')) as [net.Socket]
    const close = () => {
      near.destroy()
      far.destroy()
      server.close()
    }
    return { near, far, close }
  }

  /** Blocks the event loop, from a place in it after which timers come next. */
  async function busy(ms: number): Promise<void> {
    await turn()
    const until = performance.now() + ms
    while (performance.now() < until);
  }

  it('has passed only if nothing came in time, and still passes later', async () => {
    const { near, far, close } = await connection()
    const passed = Promise.withResolvers<string>()
    const events: string[] = []
    const clock = deadlines({ ...NONE, ...IDLE }, (name) => {
      events.push(name)
      passed.resolve(name)
    })
    near.on('data', (bytes) => {
      events.push(String(bytes))
      clock.content(bytes.length)
    })
    far.write('first')
    await once(near, 'data')
    far.write('second')
    await busy(60)
    assert.equal(await passed.promise, 'idle_timeout')
    assert.deepEqual(events, ['first', 'second', 'idle_timeout'])
    close()
  })

  it('has not passed if it is stopped in that turn', async () => {
    const { near, far, close } = await connection()
    const events: string[] = []
    const clock = deadlines({ ...NONE, ...IDLE, requestTimeout: 20 }, (name) => events.push(name))
    near.on('data', () => clock.stop())
    far.write('the end')
    await busy(60)
    await once(near, 'data')
    await turn()
    await turn()
    assert.deepEqual(events, [])
    close()
  })
})
