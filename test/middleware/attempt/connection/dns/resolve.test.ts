import assert from 'node:assert/strict'
import type { LookupAddress } from 'node:dns'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { addressesIn } from '../../../../../lib/middleware/attempt/connection/dns/hosts-file.ts'
import { createResolve } from '../../../../../lib/middleware/attempt/connection/dns/resolve.ts'
import { dnsServer, type Zone } from '../../../../helpers/dns.ts'
import { cleanup } from '../../../../helpers/gateway.ts'

describe('a name is resolved', () => {
  const opened = cleanup()
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hosts-'))
    await writeFile(join(folder, 'hosts'), '127.0.0.1 localhost\n10.0.0.7 in-file.test other.test # and.not.this\n')
  })
  after(() => rm(folder, { recursive: true }))

  async function resolver(zone: Zone, system: (name: string) => Promise<LookupAddress[]>) {
    const server = await opened(dnsServer(zone))
    const resolve = createResolve({
      servers: [server.address],
      hostsFile: join(folder, 'hosts'),
      system,
      timeout: 20,
    })
    return { server, resolve }
  }
  const unasked = () => assert.fail('the system was asked')
  const v4 = (address: string) => ({ address, family: 4 })

  it('by the hosts file, which nobody else is asked before', async () => {
    const { resolve, server } = await resolver({ 'in-file.test': { a: ['10.9.9.9'] } }, unasked)
    assert.deepEqual((await resolve('in-file.test')).addresses, [v4('10.0.0.7')])
    assert.deepEqual((await resolve('OTHER.test')).addresses, [v4('10.0.0.7')])
    assert.deepEqual(server.questions, [])
  })

  it('by DNS, with all its addresses and the shortest time to live', async () => {
    const { resolve } = await resolver({ 'up.test': { a: ['10.0.0.1', '10.0.0.2'], ttl: 7 } }, unasked)
    const { addresses, ttl } = await resolve('up.test')
    assert.deepEqual(
      addresses.toSorted((a, b) => a.address.localeCompare(b.address)),
      [v4('10.0.0.1'), v4('10.0.0.2')],
    )
    assert.equal(ttl, 7000)
  })

  it('by the system where DNS does not know it', async () => {
    const asked: string[] = []
    const { resolve } = await resolver({}, async (name) => {
      asked.push(name)
      return [v4('10.0.0.3')]
    })
    assert.deepEqual((await resolve('short')).addresses, [v4('10.0.0.3')])
    assert.deepEqual(asked, ['short'])
  })

  it('to an error where the system does not know it either', async () => {
    const unknown = Object.assign(new Error('no such name'), { code: 'ENOTFOUND' })
    const { resolve } = await resolver({}, () => Promise.reject(unknown))
    await assert.rejects(resolve('nowhere.test'), unknown)
  })

  it('to an error, without the system, where DNS is silent: it would block a thread', async () => {
    const { resolve } = await resolver({ 'silent.test': 'silent' }, unasked)
    await assert.rejects(resolve('silent.test'), { code: 'ETIMEOUT' })
  })

  it('by the system where there is no hosts file and no DNS server', async () => {
    const server = await dnsServer({})
    await server.close()
    const resolve = createResolve({
      servers: [server.address],
      hostsFile: join(folder, 'none'),
      system: async () => [v4('10.0.0.4')],
      timeout: 20,
    })
    assert.deepEqual((await resolve('any.test')).addresses, [v4('10.0.0.4')])
  })

  describe('from the text of a hosts file', () => {
    const TEXT = '# 10.0.0.1 comment\r\n10.0.0.2\tone.test  two.test\r\n::1 one.test\nnonsense one.test\n10.0.0.3\n'
    for (const [name, expected] of [
      ['one.test', ['10.0.0.2', '::1']],
      ['two.test', ['10.0.0.2']],
      ['comment', []],
      ['', []],
    ] as const) {
      it(`"${name}" to ${expected.join(' and ') || 'nothing'}`, () => {
        assert.deepEqual(
          addressesIn(TEXT, name).map(({ address }) => address),
          expected,
        )
      })
    }
  })
})
