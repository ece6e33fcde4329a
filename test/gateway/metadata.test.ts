import assert from 'node:assert/strict'
import type { AttemptStart, Options } from '../../lib/index.ts'
import { chat, HELLO } from '../helpers/client.ts'
import { cleanup, fallback, gateway, target } from '../helpers/gateway.ts'
import { answer, type Reply, scripted } from '../helpers/upstream.ts'

const FAILS: Reply = { status: 503, chunks: ['{"error":{"message":"busy"}}'] }
const IDS = { _user: 'u-1', session_id: 's-1' }
const HEADER = { 'x-portkey-metadata': JSON.stringify(IDS) }

describe('metadata', () => {
  const opened = cleanup()
  const up = (...replies: Reply[]) => opened(scripted(...replies, { chunks: answer('fine') }))

  for (const stream of [true, false]) {
    it(`of the header reach the hooks of the request and of every attempt (stream: ${stream})`, async () => {
      const [bad, good] = [await up(FAILS), await up()]
      const [requests, started]: [unknown[], AttemptStart[]] = [[], []]
      const gate = await opened(
        gateway(fallback(target(bad.url), target(good.url)), {
          onRequest: ({ metadata }) => requests.push(metadata),
          onAttemptStart: (attempt) => started.push(attempt),
        }),
      )
      await chat(gate.url, { ...HELLO, stream }, HEADER)
      const outcome = await gate.finished()
      assert.equal(started.length, 2)
      const told = [...requests, ...[...started, ...gate.attempts, outcome].map(({ metadata }) => metadata)]
      assert.deepEqual(told, Array(6).fill(IDS))
    })
  }

  it("the header's win over the config's, the body's over both", async () => {
    const { url } = await up()
    const gate = await opened(gateway({ ...target(url), metadata: { a: 'config', b: 'config', c: 'config' } }))
    const headers = { 'x-portkey-metadata': '{"b":"header","c":"header"}' }
    await chat(gate.url, { ...HELLO, metadata: { c: 'body' } }, headers)
    assert.deepEqual((await gate.finished()).metadata, { a: 'config', b: 'header', c: 'body' })
  })

  it('that the application knows win over what the client says, and a function for them that throws fails the request', async () => {
    const { url } = await up()
    const metadata = ({ headers }: { headers: Record<string, unknown> }) => {
      if (headers['x-user'] === undefined) throw new Error('who is it?')
      return { user: String(headers['x-user']) }
    }
    const logged: unknown[] = []
    const gate = await opened(
      gateway(target(url), { metadata, logger: { error: (each: unknown) => logged.push(each) } }),
    )
    await chat(gate.url, { ...HELLO, metadata: { user: 'root', c: 'body' } }, { 'x-user': 'ada' })
    assert.deepEqual((await gate.finished()).metadata, { user: 'ada', c: 'body' })
    assert.equal((await chat(gate.url)).status, 500)
    assert.match(String(logged), /who is it\?/)
  })

  it('of the header choose the route, and keep a client at its target', async () => {
    const [cheap, dear] = [await up(), await up()]
    const when = (plan: string, then: string) => ({ query: { 'metadata.plan': plan }, then })
    const gate = await opened(
      gateway({
        strategy: { mode: 'conditional', conditions: [when('pro', 'dear')], default: 'cheap' },
        targets: [target(cheap.url, { name: 'cheap' }), target(dear.url, { name: 'dear' })],
      }),
    )
    await chat(gate.url, HELLO, { 'x-portkey-metadata': '{"plan":"pro"}' })
    assert.deepEqual([cheap.requests.length, dear.requests.length], [0, 1])
    await chat(gate.url)
    assert.deepEqual([cheap.requests.length, dear.requests.length], [1, 1])

    const sticky = await opened(
      gateway({
        strategy: { mode: 'loadbalance', sticky: '_user' },
        targets: [target(cheap.url, { name: 'a' }), target(dear.url, { name: 'b' })],
      }),
    )
    for (let request = 0; request < 8; request += 1) await chat(sticky.url, HELLO, HEADER)
    assert.equal(new Set(sticky.outcomes.map((outcome) => outcome.target)).size, 1)
  })

  describe('never go to the provider', () => {
    const cases: [what: string, config: Record<string, unknown>, body: unknown, header: unknown][] = [
      ['unless asked', {}, undefined, undefined],
      [
        'but by the name of the header',
        { forward_headers: ['X-Portkey-Metadata'] },
        undefined,
        HEADER['x-portkey-metadata'],
      ],
      [
        'but by the names of the keys',
        { forward_metadata: ['order', '_user', 'none', 'n'] },
        { order: 'o-1', _user: 'u-1' },
        undefined,
      ],
      [
        'but what the config itself puts in their place',
        { override_params: { metadata: { from: 'us' } } },
        { from: 'us' },
        undefined,
      ],
    ]
    for (const [what, config, body, header] of cases) {
      it(what, async () => {
        const { url, requests } = await up()
        const gate = await opened(gateway({ ...target(url), metadata: { n: 5 }, ...config }))
        const { headers } = await chat(gate.url, { ...HELLO, metadata: { order: 'o-1' } }, HEADER)
        assert.deepEqual(JSON.parse(requests[0]?.body ?? '').metadata, body)
        assert.equal(requests[0]?.headers['x-portkey-metadata'], header)
        assert.equal(headers['x-streamgate-dropped-params'], undefined)
      })
    }
  })

  describe('that cannot be read are refused', () => {
    const cases: [what: string, text: string, status: number, message: RegExp][] = [
      ['no JSON', '{"a":', 400, /JSON object/],
      ['an array', '["a"]', 400, /JSON object/],
      ['a value that is no text', '{"a":{"b":"c"}}', 400, /all strings/],
      ['too much', JSON.stringify({ a: 'x'.repeat(8192) }), 431, /larger than 8192 bytes/],
    ]
    for (const [what, text, status, message] of cases) {
      it(what, async () => {
        const { url, requests } = await up()
        const gate = await opened(gateway(target(url)))
        const result = await chat(gate.url, HELLO, { 'x-portkey-metadata': text })
        const { error } = JSON.parse(result.body)
        assert.deepEqual(
          [result.status, error.param, error.type],
          [status, 'x-portkey-metadata', 'invalid_request_error'],
        )
        assert.match(error.message, message)
        assert.equal(requests.length, 0)
        assert.equal((await gate.finished()).outcome, 'rejected')
      })
    }
  })

  describe('log_chunks', () => {
    const logging = async (config: unknown, options: Options = {}, headers: Record<string, string> = HEADER) => {
      const lines: Record<string, unknown>[] = []
      const logger = {
        error: () => {},
        // As pino's, it needs its `this`.
        info(line: Record<string, unknown>, message?: string) {
          assert.equal(this, logger)
          if (message === 'chunk') lines.push(line)
        },
      }
      const gate = await opened(gateway(config, { ...options, logger }))
      return { lines, result: await chat(gate.url, HELLO, headers) }
    }

    it('tells the logger of every chunk, with the metadata, and nothing of what was said', async () => {
      const { url } = await up({ chunks: answer('secret ', 'words') })
      const { lines, result } = await logging({ ...target(url), log_chunks: true })
      assert.equal(result.text, 'secret words')
      assert.ok(lines.length >= 4)
      for (const { metadata, requestId, attempt, provider } of lines) {
        assert.deepEqual([metadata, requestId, attempt, provider], [IDS, result.headers['x-request-id'], 1, 'openai'])
      }
      const told = lines.map(({ chunk }) => (chunk as { choices: unknown[] }).choices[0])
      assert.ok(told.some((choice) => JSON.stringify(choice) === '{"index":0,"content":7}'))
      assert.ok(told.some((choice) => JSON.stringify(choice) === '{"index":0,"finish_reason":"stop"}'))
      assert.doesNotMatch(JSON.stringify(lines), /secret|words/)
    })

    it('is off unless asked for, and by the operator', async () => {
      const { url } = await up()
      assert.deepEqual((await logging(target(url))).lines, [])
      const asked = { 'x-portkey-config': JSON.stringify({ ...target(url), log_chunks: true }) }
      const own = await logging(target(url), { requestConfig: { allowPrivateHosts: true } }, asked)
      assert.equal(own.result.text, 'fine')
      assert.deepEqual(own.lines, [])
    })

    it('is on for requests with a config of their own, if the operator says so', async () => {
      const { url } = await up()
      const asked = { 'x-portkey-config': JSON.stringify(target(url)) }
      const operator = { ...target(url), log_chunks: true }
      const { lines } = await logging(operator, { requestConfig: { allowPrivateHosts: true } }, asked)
      assert.ok(lines.length > 0)
    })
  })
})
