import assert from 'node:assert/strict'
import type { LookupAddress, LookupOptions } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { guardedLookup } from '../../../../../lib/config/hosts.ts'
import { RequestError } from '../../../../../lib/errors.ts'
import { createLookup } from '../../../../../lib/middleware/attempt/connection/dns/lookup.ts'
import { createResolve, type Resolve } from '../../../../../lib/middleware/attempt/connection/dns/resolve.ts'
import { dnsServer } from '../../../../helpers/dns.ts'
import { cleanup } from '../../../../helpers/gateway.ts'

const MINUTE = 60_000

describe('the look-up of names', () => {
  const opened = cleanup()

  const ask = (lookup: LookupFunction, name: string, options: LookupOptions = {}) =>
    new Promise<string[]>((resolve, reject) => {
      lookup(name, { ...options, all: true }, (error, addresses) =>
        error ? reject(error) : resolve((addresses as LookupAddress[]).map(({ address }) => address)),
      )
    })

  /** A resolver whose answers are given one by one, and a clock that is set by hand. */
  function scripted(...answers: (string[] | Error)[]) {
    const asked: string[] = []
    let time = 0
    const resolve: Resolve = async (name) => {
      const answer = answers[Math.min(asked.length, answers.length - 1)] ?? []
      asked.push(name)
      if (answer instanceof Error) throw answer
      return { addresses: answer.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })), ttl: MINUTE }
    }
    return {
      lookup: createLookup({ resolve, now: () => time }),
      asked,
      pass(ms: number) {
        time += ms
      },
    }
  }
  const failure = Object.assign(new Error('not now'), { code: 'ESERVFAIL' })

  it('is shared by all who ask at once', async () => {
    const { lookup, asked } = scripted(['10.0.0.1'])
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(lookup, 'up.test')))
    assert.deepEqual([...new Set(answers.flat())], ['10.0.0.1'])
    assert.deepEqual(asked, ['up.test'])
  })

  it('is kept for the time to live, and no longer', async () => {
    const { lookup, pass } = scripted(['10.0.0.1'], ['10.0.0.2'])
    assert.deepEqual(await ask(lookup, 'up.test'), ['10.0.0.1'])
    pass(MINUTE - 1)
    assert.deepEqual(await ask(lookup, 'up.test'), ['10.0.0.1'])
    pass(1)
    assert.deepEqual(await ask(lookup, 'up.test'), ['10.0.0.2'])
  })

  it('falls back on the last good addresses, and asks again after half a minute', async () => {
    const { lookup, pass, asked } = scripted(['10.0.0.1'], failure, ['10.0.0.2'])
    await ask(lookup, 'up.test')
    pass(MINUTE)
    assert.deepEqual(await ask(lookup, 'up.test'), ['10.0.0.1'])
    pass(MINUTE / 2 - 1)
    assert.deepEqual(await ask(lookup, 'up.test'), ['10.0.0.1'])
    assert.equal(asked.length, 2)
    pass(1)
    assert.deepEqual(await ask(lookup, 'up.test'), ['10.0.0.2'])
  })

  it('does so for an hour', async () => {
    const { lookup, pass } = scripted(['10.0.0.1'], failure)
    await ask(lookup, 'up.test')
    pass(60 * MINUTE - 1)
    assert.deepEqual(await ask(lookup, 'up.test'), ['10.0.0.1'])
    pass(MINUTE / 2)
    await assert.rejects(ask(lookup, 'up.test'), failure)
  })

  it('fails for all who ask within a second of a failure', async () => {
    const { lookup, pass, asked } = scripted(failure, ['10.0.0.1'])
    await assert.rejects(ask(lookup, 'up.test'), failure)
    pass(999)
    await assert.rejects(ask(lookup, 'up.test'), failure)
    assert.equal(asked.length, 1)
    pass(1)
    assert.deepEqual(await ask(lookup, 'up.test'), ['10.0.0.1'])
  })

  it('ends by itself', async () => {
    const lookup = createLookup({ resolve: () => new Promise(() => {}), patience: 10 })
    await assert.rejects(ask(lookup, 'silent.test'), { code: 'ETIMEOUT' })
  })

  it('of silent names holds no other name up', async () => {
    const silent = Array.from({ length: 20 }, (_, n) => `silent-${n}.test`)
    const zone = Object.fromEntries(silent.map((name) => [name, 'silent' as const]))
    const server = await opened(dnsServer({ ...zone, 'good.test': { a: ['10.0.0.1'] } }))
    const lookup = createLookup({ resolve: createResolve({ servers: [server.address], timeout: 200 }) })
    let ended = 0
    const failures = silent.map((name) =>
      assert.rejects(ask(lookup, name), { code: 'ETIMEOUT' }).finally(() => {
        ended += 1
      }),
    )
    assert.deepEqual(await ask(lookup, 'good.test'), ['10.0.0.1'])
    assert.equal(ended, 0)
    await Promise.all(failures)
  })

  it('is looked through by the guard against private addresses, whose answers it keeps', async () => {
    const zone = { 'inside.test': { a: ['10.0.0.1'] }, 'outside.test': { a: ['1.1.1.1'] } }
    const server = await opened(dnsServer(zone))
    const resolver = createLookup({ resolve: createResolve({ servers: [server.address], timeout: 200 }) })
    const guarded = guardedLookup({ allowPrivateHosts: false, resolver })
    for (let n = 0; n < 2; n += 1) {
      assert.deepEqual(await ask(guarded, 'outside.test'), ['1.1.1.1'])
      await assert.rejects(ask(guarded, 'inside.test'), RequestError)
      // The operator's own targets may lie there.
      assert.deepEqual(await ask(resolver, 'inside.test'), ['10.0.0.1'])
    }
    assert.equal(server.questions.filter((question) => question.startsWith('A ')).length, 2)
  })

  it('remembers a thousand names, those asked for last', async () => {
    const { lookup, asked } = scripted(['10.0.0.1'])
    for (let n = 0; n <= 1000; n += 1) await ask(lookup, `${n}.test`)
    await ask(lookup, '1.test')
    await ask(lookup, '0.test')
    assert.deepEqual(asked.slice(1001), ['0.test'])
  })

  it('begins at another address each time', async () => {
    const { lookup } = scripted(['10.0.0.1', '10.0.0.2', '10.0.0.3'])
    const orders = [await ask(lookup, 'up.test'), await ask(lookup, 'up.test'), await ask(lookup, 'up.test')]
    assert.deepEqual(orders, [
      ['10.0.0.1', '10.0.0.2', '10.0.0.3'],
      ['10.0.0.2', '10.0.0.3', '10.0.0.1'],
      ['10.0.0.3', '10.0.0.1', '10.0.0.2'],
    ])
  })

  describe('gives', () => {
    const BOTH = ['2001:db8::1', '10.0.0.1']
    const cases: [string, LookupOptions, string[]][] = [
      ['IPv4 first', {}, ['10.0.0.1', '2001:db8::1']],
      ['IPv6 first where that is wanted', { order: 'ipv6first' }, ['2001:db8::1', '10.0.0.1']],
      ['one family', { family: 6 }, ['2001:db8::1']],
      ['one family, by name', { family: 'IPv4' }, ['10.0.0.1']],
      ['the other family, by name', { family: 'IPv6' }, ['2001:db8::1']],
    ]
    for (const [title, options, expected] of cases) {
      it(title, async () => assert.deepEqual(await ask(scripted(BOTH).lookup, 'up.test', options), expected))
    }

    it('an error where there is no address of the family', async () => {
      await assert.rejects(ask(scripted(['10.0.0.1']).lookup, 'up.test', { family: 6 }), { code: 'ENOTFOUND' })
    })

    it('one address where one is asked for', async () => {
      const { promise, resolve } = Promise.withResolvers<unknown[]>()
      scripted(BOTH).lookup('up.test', {}, (...answer) => resolve(answer))
      assert.deepEqual(await promise, [null, '10.0.0.1', 4])
    })
  })
})
