import assert from 'node:assert/strict'
import type { LookupAddress } from 'node:dns'
import { Agent, createServer, get } from 'node:http'
import type { AddressInfo, LookupFunction } from 'node:net'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { checkHost, guardedLookup } from '../../lib/config/hosts.ts'
import { RequestError } from '../../lib/errors.ts'

const OPEN = { allowPrivateHosts: true }
const SHUT = { allowPrivateHosts: false }

/** The message that refuses a URL, or undefined. */
function refusalOf(url: string, options: { allowPrivateHosts: boolean }): string | undefined {
  try {
    checkHost(new URL(url), options)
    return undefined
  } catch (error) {
    assert.ok(error instanceof RequestError)
    assert.equal(error.api.param, 'custom_host')
    assert.equal(error.api.status, 400)
    return error.message
  }
}

const NEVER = {
  'is a link-local address or a metadata service': [
    '169.254.169.254',
    '169.254.0.1',
    '169.254.255.255',
    '169.254.169.254.',
    '2852039166',
    '0xa9fea9fe',
    '0xA9.0xFE.0xA9.0xFE',
    '0251.0376.0251.0376',
    '169.254.43518',
    '169.16689662',
    '%31%36%39.254.169.254',
    '１６９.254.169.254',
    '①⑥⑨.254.169.254',
    '169。254。169。254',
    '0',
    '0.0.0.0',
    '0x0',
    '[::]',
    '[0:0:0:0:0:0:0:0]',
    '[::ffff:0.0.0.0]',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
    '[::ffff:a9fe:a9fe]',
    '[::ffff:169.254.169.254]',
    '[0:0:0:0:0:FFFF:A9FE:A9FE]',
    '[::a9fe:a9fe]',
    '[::ffff:0:a9fe:a9fe]',
    '[64:ff9b::a9fe:a9fe]',
    '[64:ff9b::169.254.169.254]',
    '[64:ff9b:1::a9fe:a9fe]',
    '[2002:a9fe:a9fe::]',
    '[2002:a9fe:a9fe:1::1]',
    '[2001:0:4136:e378:8000:63bf:5601:5601]',
    '[fe80::1]',
    '[febf::1]',
    '[FD00:EC2::254]',
    '[fd20:ce::254]',
  ],
  'is a metadata service': [
    'metadata',
    'metadata.',
    'METADATA.Google.Internal',
    'metadata.google.internal.',
    'metadata.google.internal..',
    'metadata.goog',
    'instance-data',
    'instance-data.ec2.internal',
    'metadata.azure.internal',
    'metadata.azure.com',
    'metadata.tencentyun.com',
    'ｍetadata',
  ],
}

const PRIVATE = {
  'is a private or reserved address': [
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f.1',
    '017700000001',
    '127.255.255.255',
    '0.0.0.1',
    '10.0.0.1',
    '10.255.255.255',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.0.1',
    '100.64.0.1',
    '100.127.255.255',
    '192.0.0.1',
    '192.0.2.1',
    '198.18.0.1',
    '198.19.255.255',
    '198.51.100.1',
    '203.0.113.1',
    '224.0.0.1',
    '239.255.255.255',
    '240.0.0.1',
    '255.255.255.255',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:c0a8:1]',
    '[::10.0.0.1]',
    '[::ffff:0:10.0.0.1]',
    '[64:ff9b::10.0.0.1]',
    '[2002:7f00:1::]',
    '[2002:c0a8:1:ffff::1]',
    '[fc00::1]',
    '[fd12:3456::1]',
    '[fec0::1]',
    '[ff02::1]',
    '[100::1]',
    '[2001:db8::1]',
    '[3fff::1]',
  ],
  'is a name of this machine or a private network': [
    'localhost',
    'LOCALHOST',
    'localhost.',
    'localhost..',
    'a.localhost',
    'a.b.LocalHost.',
    'localhost.localdomain',
    'ip6-localhost',
    'ip6-loopback',
    'printer.local',
    'db.svc.cluster.local',
    'vault.internal',
    'ⓛocalhost',
  ],
}

const PUBLIC = [
  'api.openai.com',
  'example.com.',
  'mylocalhost',
  'localhost.example.com',
  'metadata.example.com',
  'internal.example.com',
  'notinternal',
  '1.1.1.1',
  '9.255.255.255',
  '11.0.0.0',
  '100.63.255.255',
  '100.128.0.0',
  '126.255.255.255',
  '128.0.0.1',
  '169.253.255.255',
  '169.255.0.0',
  '172.15.255.255',
  '172.32.0.0',
  '192.167.255.255',
  '192.169.0.0',
  '198.17.255.255',
  '198.20.0.0',
  '223.255.255.255',
  '[2606:4700:4700::1111]',
  '[::ffff:1.1.1.1]',
  '[64:ff9b::1.1.1.1]',
  '[2002:101:101::1]',
  '[2a00::1]',
]

describe('checkHost', () => {
  for (const [reason, hosts] of Object.entries(NEVER)) {
    for (const host of hosts) {
      it(`refuses ${host} whatever is allowed`, () => {
        const url = `http://${host}:8080/v1`
        const message = `custom_host: ${new URL(url).hostname} ${reason}, which is not allowed.`
        assert.equal(refusalOf(url, SHUT), message)
        assert.equal(refusalOf(url, OPEN), message)
      })
    }
  }
  for (const [reason, hosts] of Object.entries(PRIVATE)) {
    for (const host of hosts) {
      it(`refuses ${host} unless private hosts are allowed`, () => {
        const url = `https://${host}/`
        assert.equal(refusalOf(url, SHUT), `custom_host: ${new URL(url).hostname} ${reason}, which is not allowed.`)
        assert.equal(refusalOf(url, OPEN), undefined)
      })
    }
  }

  it('lets public hosts pass, up to the edges of the ranges', () => {
    for (const host of PUBLIC) assert.equal(refusalOf(`http://${host}/`, SHUT), undefined, host)
  })

  it('refuses other schemes', () => {
    for (const url of ['file:///etc/passwd', 'ftp://a/', 'data:,a', 'ws://a/', 'gopher://a:70/', 'javascript:1']) {
      assert.equal(refusalOf(url, OPEN), 'custom_host: must be an http or https URL.', url)
    }
  })

  it('names what held the URL', () => {
    assert.throws(() => checkHost(new URL('http://[::1]/'), SHUT, 'x-portkey-custom-host'), {
      message: 'x-portkey-custom-host: [::1] is a private or reserved address, which is not allowed.',
      api: {
        status: 400,
        type: 'invalid_request_error',
        code: null,
        retryable: false,
        param: 'x-portkey-custom-host',
        message: 'x-portkey-custom-host: [::1] is a private or reserved address, which is not allowed.',
      },
    })
  })

  it('is never given a zone, since no URL can have one', () => {
    assert.ok(!URL.canParse('http://[fe80::1%25eth0]/'))
    assert.ok(!URL.canParse('http://[fe80::1%eth0]/'))
  })

  it('judges an IPv6 address by the IPv4 address inside', () => {
    const forms = [
      (a: number, b: number) => `[::ffff:${a.toString(16)}:${b.toString(16)}]`,
      (a: number, b: number) => `[64:ff9b::${a.toString(16)}:${b.toString(16)}]`,
      (a: number, b: number) => `[2002:${a.toString(16)}:${b.toString(16)}::1]`,
      (a: number, b: number) => `[::ffff:0:${a.toString(16)}:${b.toString(16)}]`,
      // Below 0.1.0.0 this is another address: ::1 is loopback and no IPv4 address at all.
      (a: number, b: number) => `[::${Math.max(a, 1).toString(16)}:${b.toString(16)}]`,
    ]
    const interesting = fc.constantFrom(
      0xa9fe,
      0x7f00,
      0x0a00,
      0xc0a8,
      0xac10,
      0xac1f,
      0x6440,
      0xe000,
      0xffff,
      0x0101,
      0xc612,
    )
    const word = fc.oneof(interesting, fc.nat(0xffff))
    fc.assert(
      fc.property(word, word, fc.constantFrom(...forms), fc.boolean(), (high, b, form, allowPrivateHosts) => {
        const a = Math.max(high, 1)
        const reason = (host: string) => refusalOf(`http://${host}/`, { allowPrivateHosts })?.replace(/^\S+ \S+ /, '')
        assert.equal(reason(form(a, b)), reason(`${a >> 8}.${a & 255}.${b >> 8}.${b & 255}`))
      }),
      { numRuns: 2000 },
    )
  })
})

describe('guardedLookup', () => {
  /** A resolver that answers from a list, as dns.lookup does with `all`. */
  const answering = (...addresses: string[]) =>
    ((_host: string, _options: object, callback: (error: null, found: LookupAddress[]) => void) =>
      callback(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      )) as unknown as typeof import('node:dns').lookup

  const single = (lookup: LookupFunction, host = 'example.com') =>
    new Promise<unknown[]>((resolve) => lookup(host, {}, (...result) => resolve(result)))
  const all = (lookup: LookupFunction, host = 'example.com') => promisify(lookup)(host, { all: true })

  const REFUSED = {
    name: 'RequestError',
    message: 'The host example.com resolves to a private or reserved address, which is not allowed.',
  }

  it('gives one address, or all, as dns.lookup does', async () => {
    const lookup = guardedLookup({ ...SHUT, resolver: answering('1.1.1.1', '2606:4700:4700::1111') })
    assert.deepEqual(await single(lookup), [null, '1.1.1.1', 4])
    assert.deepEqual(await all(lookup), [
      { address: '1.1.1.1', family: 4 },
      { address: '2606:4700:4700::1111', family: 6 },
    ])
  })

  it('fails if any address is refused, in either form', async () => {
    for (const address of ['127.0.0.1', '169.254.169.254', '::ffff:10.0.0.1', 'fe80::1%eth0', 'fd00:ec2::254', '::1']) {
      const lookup = guardedLookup({ ...SHUT, resolver: answering('1.1.1.1', address) })
      await assert.rejects(all(lookup), REFUSED, address)
      const [error, found] = await single(lookup)
      assert.ok(error instanceof RequestError, address)
      assert.deepEqual(found, [], address)
    }
  })

  it('lets private addresses pass if they are allowed, and link-local ones never', async () => {
    assert.deepEqual(await single(guardedLookup({ ...OPEN, resolver: answering('10.0.0.1') })), [null, '10.0.0.1', 4])
    for (const address of ['169.254.169.254', 'fe80::1%eth0', '0.0.0.0', '64:ff9b::a9fe:a9fe']) {
      await assert.rejects(all(guardedLookup({ ...OPEN, resolver: answering(address) })), REFUSED, address)
    }
  })

  it('passes an answer without addresses on', async () => {
    assert.deepEqual(await single(guardedLookup({ ...SHUT, resolver: answering() })), [null, []])
  })

  it('passes the options of the caller and the error of the resolver on', async () => {
    let options: unknown
    const resolver = ((_host: string, given: object, callback: (error: Error) => void) => {
      options = given
      callback(new Error('ENOTFOUND'))
    }) as unknown as typeof import('node:dns').lookup
    const lookup = guardedLookup({ ...SHUT, resolver })
    await assert.rejects(promisify(lookup)('example.com', { family: 6, hints: 1 }), { message: 'ENOTFOUND' })
    assert.deepEqual(options, { family: 6, hints: 1, all: true })
  })

  it('refuses by name without asking the resolver, and not before it returned', async () => {
    const resolver = (() => assert.fail('asked')) as unknown as typeof import('node:dns').lookup
    let returned = false
    const result = new Promise<unknown>((resolve) =>
      guardedLookup({ ...SHUT, resolver })('Metadata.Google.Internal.', {}, (error) =>
        resolve([returned, error?.message]),
      ),
    )
    returned = true
    assert.deepEqual(await result, [
      true,
      'The host Metadata.Google.Internal. is a metadata service, which is not allowed.',
    ])
    await assert.rejects(all(guardedLookup({ ...SHUT, resolver }), 'localhost'), /is a name of this machine/)
  })

  it('does not say which address it was', async () => {
    await assert.rejects(all(guardedLookup({ ...SHUT, resolver: answering('10.1.2.3') })), (error: Error) => {
      assert.ok(!error.message.includes('10.1.2.3'))
      return true
    })
  })

  describe('under a real connection', () => {
    const server = createServer((_req, res) => res.end('reached'))
    before((done) => void server.listen(0, '127.0.0.1', done))
    after((done) => void server.close(done))

    const fetchFrom = (hostname: string, options: { allowPrivateHosts: boolean }) =>
      new Promise<string>((resolve, reject) => {
        const { port } = server.address() as AddressInfo
        const request = { hostname, port, family: 4, agent: new Agent({ lookup: guardedLookup(options) }) }
        get(request, (response) => response.setEncoding('utf8').on('data', resolve)).on('error', reject)
      })

    // The system's resolver takes this for 127.0.0.1, and node:net does not: it is a name that leads home.
    it('stops a name that resolves to this machine', async () => {
      await assert.rejects(fetchFrom('2130706433', SHUT), RequestError)
      await assert.rejects(fetchFrom('localhost', SHUT), RequestError)
    })

    it('lets it pass if private hosts are allowed', async () => {
      assert.equal(await fetchFrom('localhost', OPEN), 'reached')
      assert.equal(await fetchFrom('2130706433', OPEN), 'reached')
    })
  })
})
