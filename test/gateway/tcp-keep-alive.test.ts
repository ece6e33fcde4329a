import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { HELLO, start } from '../helpers/client.ts'
import { cleanup, gateway, target } from '../helpers/gateway.ts'
import { answer, scripted } from '../helpers/upstream.ts'

const TABLE = '/proc/net/tcp'
const ESTABLISHED = '01'
const RETRANSMIT = '01'
const KEEP_ALIVE = '02'

/** Milliseconds until TCP asks the other sides of these connections, from the kernel's own table (proc(5)). */
async function keepAlives(end: 'local' | 'remote', port: number): Promise<(number | undefined)[]> {
  const [, ...lines] = (await readFile(TABLE, 'utf8')).trim().split('\n')
  const timers = lines.flatMap((line) => {
    const [, local = '', remote = '', state, , timer = ''] = line.trim().split(/\s+/)
    const own = Number.parseInt((end === 'local' ? local : remote).split(':')[1] ?? '', 16)
    if (state !== ESTABLISHED || own !== port) return []
    const [kind = '', when = ''] = timer.split(':')
    return [{ kind, ms: Number.parseInt(when, 16) * 10 }]
  })
  // The last bytes are not acknowledged yet.
  if (timers.some(({ kind }) => kind === RETRANSMIT)) return keepAlives(end, port)
  return timers.map(({ kind, ms }) => (kind === KEEP_ALIVE ? ms : undefined))
}

describe('TCP asks after a silence', () => {
  const opened = cleanup()
  const portOf = (url: string) => Number(new URL(url).port)
  const isSoon = (ms: number | undefined) => assert.ok(ms !== undefined && ms <= 15_000, `${ms}`)

  before(async function () {
    // Only Linux shows the timers of sockets.
    await readFile(TABLE).catch(() => this.skip())
  })

  it('whether the provider and the client are still there, while both wait', async () => {
    const up = await opened(scripted(() => {}))
    const gate = await opened(gateway(target(up.url)))
    const client = start(gate.url, HELLO)
    await up.request(0)
    const [provider, caller] = [await keepAlives('remote', portOf(up.url)), await keepAlives('local', portOf(gate.url))]
    assert.deepEqual([provider.length, caller.length], [1, 1])
    for (const ms of [...provider, ...caller]) isSoon(ms)
    client.destroy()
  })

  it('whether the provider of a kept connection is still there', async () => {
    const up = await opened(scripted({ chunks: answer('fine') }))
    const gate = await opened(gateway(target(up.url)))
    const response = await start(gate.url, HELLO).response
    response.resume()
    await once(response, 'end')
    const timers = await keepAlives('remote', portOf(up.url))
    assert.equal(timers.length, 1)
    for (const ms of timers) isSoon(ms)
  })
})
