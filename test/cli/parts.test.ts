import assert from 'node:assert/strict'
import { once } from 'node:events'
import http, { type IncomingMessage } from 'node:http'
import net, { type AddressInfo } from 'node:net'
import { availableParallelism } from 'node:os'
import { createApp } from '../../lib/cli/app.ts'
import { readArguments } from '../../lib/cli/arguments.ts'
import { fillIn, readConfig } from '../../lib/cli/config-file.ts'
import { startOffline } from '../../lib/cli/offline.ts'
import { shutdown } from '../../lib/cli/shutdown.ts'
import { streamgate } from '../../lib/index.ts'
import { cleanUp, file } from '../examples/process.ts'
import { chat, serve } from '../helpers/client.ts'

const DEFAULTS = {
  config: undefined,
  port: 8787,
  host: '127.0.0.1',
  redisUrl: undefined,
  workers: undefined,
  drainMs: 0,
  graceMs: 30_000,
  requestConfig: undefined,
  tokens: undefined,
  playground: true,
}

describe("the standalone proxy's arguments", () => {
  for (const [args, expected] of [
    [[], {}],
    [['--port', '0'], { port: 0 }],
    [['--port=65535', '--host=::1'], { port: 65535, host: '::1' }],
    [['--redis-url', 'redis://redis:6379'], { redisUrl: 'redis://redis:6379' }],
    [['--config', 'gateway.json'], { config: 'gateway.json' }],
    [['--allow-request-config'], { requestConfig: { allowPrivateHosts: false } }],
    [['--allow-private-hosts', '--allow-request-config'], { requestConfig: { allowPrivateHosts: true } }],
    [['--workers', '3'], { workers: 3, playground: false }],
    [['--workers', 'auto'], { workers: availableParallelism(), playground: false }],
    [['--drain', '20'], { drainMs: 20_000 }],
    [['--grace', '0'], { graceMs: 0 }],
    [['--grace', '600'], { graceMs: 600_000 }],
    [['--no-playground'], { playground: false }],
    [['--host', '0.0.0.0'], { host: '0.0.0.0', playground: false }],
    [['--host', '0.0.0.0', '--playground'], { host: '0.0.0.0', playground: true }],
    [['--host', 'localhost'], { host: 'localhost', playground: true }],
  ] as const) {
    it(`reads ${args.join(' ') || 'none'}`, () => {
      assert.deepEqual(readArguments(args, {}), { ...DEFAULTS, ...expected })
    })
  }

  it('takes the address of Redis from the environment, unless it is given one', () => {
    const environment = { REDIS_URL: 'redis://a' }
    assert.equal(readArguments([], environment).redisUrl, 'redis://a')
    assert.equal(readArguments(['--redis-url', 'redis://b'], environment).redisUrl, 'redis://b')
    assert.equal(readArguments([], { REDIS_URL: '' }).redisUrl, undefined)
  })

  for (const args of [
    ['--port', '65536'],
    ['--port', '-1'],
    ['--port='],
    ['--port', '1e3'],
    ['--port', ' 80'],
    ['--host='],
    ['--config='],
    ['--redis-url', 'redis'],
    ['--allow-private-hosts'],
    ['--allow-request-config=yes'],
    ['-p', '80'],
    ['--drain', 'x'],
    ['--drain', '86401'],
    ['--grace', '-1'],
    ['--grace', '1.5'],
    ['--grace', '86401'],
    ['--grace='],
    ['--workers', '0'],
    ['--workers', '513'],
    ['--workers', '2.5'],
    ['--workers=all'],
    ['--workers', '2', '--playground'],
  ]) {
    it(`refuses ${args.join(' ')}`, () => {
      assert.throws(() => readArguments(args, {}), Error)
    })
  }
})

describe('variables in the config of the standalone proxy', () => {
  const environment = { KEY: 'the key', EMPTY: '', MONEY: '$KEY' }

  for (const [value, expected] of [
    ['$KEY', 'the key'],
    [`\${KEY}`, 'the key'],
    [`a\${KEY}b`, 'athe keyb'],
    ['$KEY-$KEY', 'the key-the key'],
    ['$EMPTY', ''],
    ['$MONEY', '$KEY'],
    ['$$KEY', '$KEY'],
    ['$5, ^x$ and $', '$5, ^x$ and $'],
    [
      ['$KEY', { deep: ['$KEY'] }],
      ['the key', { deep: ['the key'] }],
    ],
    [
      { $KEY: 1, a: null, b: true },
      { $KEY: 1, a: null, b: true },
    ],
  ] as const) {
    it(`makes ${JSON.stringify(expected)} of ${JSON.stringify(value)}`, () => {
      assert.deepEqual(fillIn(value, environment), expected)
    })
  }

  for (const [value, variable] of [
    ['$NO_KEY', 'NO_KEY'],
    [`\${KEY:-default}`, 'KEY:-default'],
    [`\${}`, ''],
    ['$constructor', 'constructor'],
  ] as const) {
    it(`refuses ${value}, with the place of it`, () => {
      assert.throws(() => fillIn({ targets: [{ api_key: value }] }, environment), {
        name: 'ConfigError',
        message: `targets[0].api_key: the environment variable ${variable} is not set`,
      })
    })
  }
})

describe('a config file of the standalone proxy', () => {
  afterEach(cleanUp)

  it('may begin with a byte order mark', () => {
    assert.deepEqual(readConfig(file('\uFEFF{"provider":"openai"}'), {}), { provider: 'openai' })
  })

  it('may have comments and a last comma, and what looks like one in a text is none', () => {
    const text = '{\n  // who\n  "provider": "openai", /* of ours */\n  "custom_host": "http://a/*b*/", // where\n}\n'
    assert.deepEqual(readConfig(file(text), {}), { provider: 'openai', custom_host: 'http://a/*b*/' })
  })

  it('tells all that is wrong at once, unset variables and what the config may not have', () => {
    const config = { retry: { attempts: 11 }, targets: [{ provider: 'openai', api_key: '$NO_KEY' }] }
    assert.throws(() => readConfig(file(config), {}), {
      name: 'ConfigError',
      message: [
        'targets[0].api_key: the environment variable NO_KEY is not set',
        'retry.attempts: must be an integer from 0 to 10, got 11',
      ].join('\n'),
    })
  })

  it('tells the place of what is wrong behind a comment', () => {
    assert.throws(() => readConfig(file('{\n  // a comment\n  x\n}'), {}), /is not valid JSON: .*line 3 column 3/)
  })

  for (const [what, text] of [
    ['targets', `${'{"targets":['.repeat(50_000)}{}${']}'.repeat(50_000)}`],
    ['lists', `{"metadata":${'['.repeat(50_000)}${']'.repeat(50_000)}}`],
  ]) {
    it(`of 50,000 levels of ${what} is refused, and the reason told`, () => {
      assert.throws(() => readConfig(file(text), {}), {
        name: 'ConfigError',
        message: /is nested too deep, at most 200 levels/,
      })
    })
  }
})

describe('the offline providers of the standalone proxy', () => {
  it('make vectors, for each text its own', async function () {
    this.timeout(20_000)
    const offline = await startOffline()
    const { url, close } = await serve(streamgate(offline.config))
    const response = await fetch(`${url}/v1/embeddings`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'text-embedding-3-small', input: ['a', 'b'] }),
    })
    const { data } = (await response.json()) as { data: { embedding: number[] }[] }
    const [a, b] = data.map(({ embedding }) => embedding)
    assert.equal(a?.length, b?.length)
    assert.notDeepEqual(a, b)
    await close()
    await offline.stop()
  })

  it('answer one by one', async function () {
    this.timeout(20_000)
    const offline = await startOffline()
    for (const target of offline.config.targets) {
      const { url, close } = await serve(streamgate(target))
      const { text, done } = await chat(url)
      assert.match(text, /^Hello from the offline emulator/, String(target.provider))
      assert.ok(done)
      await close()
    }
    await offline.stop()
  })
})

describe('the shutdown of the standalone proxy', () => {
  const SIZE = 20_000_000

  /** A server that has written an answer which its client has not taken yet. */
  async function slowClient() {
    const server = http.createServer((_req, res) => res.end(Buffer.alloc(SIZE)))
    const stopping = shutdown(server)
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const agent = new http.Agent({ keepAlive: true })
    const request = http.get({ port: (server.address() as AddressInfo).port, agent })
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    return { stopping, response }
  }

  it('does not cut an answer that a slow client has yet to take', async () => {
    const { stopping, response } = await slowClient()
    const stopped = stopping.stop({ drainMs: 0, graceMs: 60_000 })
    assert.equal(stopping.phase, 'stopping')
    let size = 0
    for await (const piece of response) size += piece.length
    assert.equal(size, SIZE)
    await stopped
  })

  it('does not wait for connections without an answer to come', async () => {
    const server = http.createServer((_req, res) => res.end())
    // As long as the client likes.
    server.keepAliveTimeout = 0
    const stopping = shutdown(server)
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const socket = net.connect((server.address() as AddressInfo).port, '127.0.0.1')
    socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
    await once(socket, 'data')
    await stopping.stop({ drainMs: 0, graceMs: 60_000 })
  })

  it('answers a request that has come on a kept connection, and was not read yet', async () => {
    const server = http.createServer()
    const stopping = shutdown(server)
    server.on('request', createApp(streamgate({ provider: 'openai' }), stopping))
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const socket = net.connect((server.address() as AddressInfo).port, '127.0.0.1').setEncoding('utf8')
    const request = 'GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n'
    socket.write(request)
    assert.match(String(await once(socket, 'data')), /^HTTP\/1\.1 200/)
    // When it is written, no turn has passed in which it could be read.
    const stopped = new Promise((resolve) =>
      socket.write(request, () => resolve(stopping.stop({ drainMs: 0, graceMs: 60_000 }))),
    )
    const told = String(await once(socket, 'data'))
    assert.match(told, /^HTTP\/1\.1 503/)
    assert.match(told, /connection: close/i)
    await stopped
  })

  it('cuts what has not ended after the grace period', async () => {
    const { stopping, response } = await slowClient()
    await stopping.stop({ drainMs: 0, graceMs: 1 })
    await assert.rejects(once(response.resume(), 'end'), { code: 'ECONNRESET' })
  })
})
