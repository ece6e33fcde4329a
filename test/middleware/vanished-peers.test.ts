import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { unacknowledged } from '../../lib/middleware/vanished-peers.ts'

const run = promisify(execFile)

const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode'
const row = (local: string, remote: string, timer: string, count: string) =>
  `   1: ${local} ${remote} 01 00000080:00000000 ${timer} ${count}     0        0 856334 1 000000 100 0 0 10 0`

describe('what a peer does not acknowledge', () => {
  for (const [title, line, expected] of [
    [
      'sent again seven times',
      row('0100A8C0:1F90', '0201090A:A1B2', '01:00000123', '00000007'),
      ['8080 10.9.1.2 41394'],
    ],
    ['sent again more often', row('0100A8C0:1F90', '0201090A:01BB', '01:00000123', '0000000C'), ['8080 10.9.1.2 443']],
    ['sent again six times', row('0100A8C0:1F90', '0201090A:A1B2', '01:00000123', '00000006'), []],
    ['asked by keep-alive', row('0100A8C0:1F90', '0201090A:A1B2', '02:00000123', '00000007'), []],
    ['with a full window', row('0100A8C0:1F90', '0201090A:A1B2', '04:00000123', '00000007'), []],
    [
      'over IPv6',
      row('00000000000000000000000001000000:1F90', 'B80D0120000000000000000001000000:A1B2', '01:00000123', '00000007'),
      ['8080 2001:db8::1 41394'],
    ],
    [
      'over IPv4 on a socket of IPv6',
      row('0000000000000000FFFF00000100007F:1F90', '0000000000000000FFFF00000201090A:A1B2', '01:00000123', '00000007'),
      ['8080 ::ffff:10.9.1.2 41394'],
    ],
    ['nothing', '', []],
  ] as const) {
    it(`${title}: ${expected.join() || 'none'}`, () => {
      assert.deepEqual(unacknowledged(`${HEAD}\n${line}\n${line.replace(/^ *1/, '  20')}\n`, 7).slice(0, 1), expected)
    })
  }
})

describe('a peer that vanishes', () => {
  const [near, far] = [`near-${process.pid}`, `far-${process.pid}`]
  const ip = (...args: string[]) => run('ip', args)

  before(async function () {
    // It takes two machines, or namespaces of the network, which only root of Linux may make.
    try {
      for (const name of [near, far]) await ip('netns', 'add', name)
      await ip('-n', near, 'link', 'add', 'wire', 'type', 'veth', 'peer', 'name', 'wire', 'netns', far)
      await ip('-n', near, 'addr', 'add', '10.9.1.1/24', 'dev', 'wire')
      await ip('-n', far, 'addr', 'add', '10.9.1.2/24', 'dev', 'wire')
      for (const name of [near, far]) await ip('-n', name, 'link', 'set', 'wire', 'up')
    } catch {
      this.skip()
    }
  })
  after(async () => {
    for (const name of [near, far]) await ip('netns', 'del', name).catch(() => {})
  })

  it('while something is on its way to it is found out', async function () {
    this.timeout(30_000)
    const script = new URL('../helpers/vanishing.ts', import.meta.url).pathname
    const { stdout } = await run('ip', ['netns', 'exec', near, process.execPath, script, far], { timeout: 25_000 })
    assert.equal(stdout, 'ETIMEDOUT: the other side acknowledges nothing\n')
  })
})
