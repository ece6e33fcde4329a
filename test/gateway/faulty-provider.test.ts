import assert from 'node:assert/strict'
import { UpstreamError } from '../../lib/errors.ts'
import { openaiCompatible, type Provider, RequestError } from '../../lib/provider.ts'
import { chat } from '../helpers/client.ts'
import { cleanup, fallback, gateway, target } from '../helpers/gateway.ts'
import { answer, type Reply, ROLE, scripted, text } from '../helpers/upstream.ts'

const SOUND = openaiCompatible({ name: 'mine', baseUrl: 'http://127.0.0.1:9' })
const boom = (): never => {
  throw new TypeError('my own mistake')
}

/** A sound request but for this. */
const encodes = (wrong: Record<string, unknown>): Partial<Provider> => ({
  encode: async (request, endpoint) => ({ ...(await SOUND.encode(request, endpoint)), ...wrong }),
})

/** Faults of an application's own provider: the failure, and whether the log has its author's mistake. */
const FAULTS: Record<string, [fault: Partial<Provider>, kind: string, message: RegExp, logged: boolean]> = {
  'a request that it cannot serve': [
    { encode: () => Promise.reject(new RequestError('not for me', { param: 'n' })) },
    'request',
    /not for me/,
    false,
  ],
  'an encoder that throws': [{ encode: boom }, 'request', /translated/, true],
  'an encoder that rejects': [{ encode: async () => boom() }, 'request', /translated/, true],
  'an encoder without an end': [{ encode: () => new Promise(() => {}) }, 'request', /connect_timeout/, false],
  'a framing that throws': [{ framing: boom }, 'malformed', /processed/, true],
  'a decoder that throws': [{ decoder: () => ({ decode: boom }) }, 'malformed', /processed/, true],
  'no decoder': [{ decoder: boom }, 'malformed', /processed/, true],
}

/** Each is refused before anything is sent, and named in the log. */
const REQUESTS: Record<string, [fault: Partial<Provider>, logged: RegExp]> = {
  ...Object.fromEntries(
    [undefined, null, 5, {}, ['a'], true, Symbol('a'), new Uint8Array([1]), () => 'a'].map((body) => [
      `a body that is ${typeof body} (${String(JSON.stringify(body))})`,
      [encodes({ body }), /mine.*a body that is no string/] as [Partial<Provider>, RegExp],
    ]),
  ),
  'a URL as text': [encodes({ url: 'http://127.0.0.1/' }), /mine.*a url/],
  'no URL': [encodes({ url: undefined }), /mine.*a url/],
  'a URL of another protocol': [encodes({ url: new URL('ftp://127.0.0.1/') }), /mine.*a url/],
  'no headers': [encodes({ headers: undefined }), /mine.*no headers/],
  'a header without a value': [encodes({ headers: { a: undefined } }), /mine.*header.*"a"/],
  'a header that is a number': [encodes({ headers: { a: 5 } }), /mine.*header.*"a"/],
  'a header with a line break': [encodes({ headers: { a: 'b\r\nc: d' } }), /mine.*header.*"a"/],
  'a header whose name is none': [encodes({ headers: { 'a b': 'c' } }), /mine.*header.*"a b"/],
  'a header of the connection': [encodes({ headers: { 'Transfer-Encoding': 'chunked' } }), /mine.*"Transfer-Encoding"/],
  'no request': [{ encode: () => undefined as never }, /mine.*no request/],
  'a text as request': [{ encode: async () => 'POST /' as never }, /mine.*no request/],
}

const sound = { message: 'm', type: 't', param: null, code: null, retryable: false }
const says = (error: unknown): Partial<Provider> => ({ error: () => error as ReturnType<Provider['error']> })

/** Errors that no client could be sent. */
const ERRORS: Record<string, [error: unknown, logged: RegExp]> = {
  ...Object.fromEntries(
    [200, 302, 0, 999, 400.5, '400', undefined].map((status) => [
      `the status ${status}`,
      [{ ...sound, status }, new RegExp(`mine.*the status ${status}`)],
    ]),
  ),
  'no message': [{ ...sound, status: 400, message: undefined }, /mine.*no message/],
  'no type': [{ ...sound, status: 400, type: undefined }, /mine.*no type/],
  'a promise': [Promise.resolve(sound), /mine.*the status/],
}

describe('a provider of the application’s own with', () => {
  const opened = cleanup()

  for (const [name, [fault, kind, message, isLogged]] of Object.entries(FAULTS)) {
    it(`${name} is a failed target and no more`, async () => {
      const [up, other] = [
        await opened(scripted({ chunks: answer('no') })),
        await opened(scripted({ chunks: answer('fine') })),
      ]
      const logged: unknown[] = []
      const mine = { provider: 'mine', custom_host: up.url, api_key: 'k', connect_timeout: 100 }
      const gate = await opened(
        gateway(fallback(mine, target(other.url)), {
          providers: { mine: { ...SOUND, ...fault } },
          logger: { error: (error: unknown) => logged.push(error) },
        }),
      )
      assert.equal((await chat(gate.url)).text, 'fine')
      assert.equal(gate.attempts[0]?.failure?.kind, kind)
      assert.match(gate.attempts[0]?.failure?.message ?? '', message)
      assert.equal(/mistake/.test(String(logged)), isLogged)
    })
  }

  /** A faulty provider at this upstream, then a sound one; with the log. */
  async function beside(fault: Partial<Provider>, reply: Reply, more: Record<string, unknown> = {}) {
    const [up, other] = [await opened(scripted(reply)), await opened(scripted({ chunks: answer('fine') }))]
    const logged: string[] = []
    const mine = { provider: 'mine', custom_host: up.url, api_key: 'k', ...more }
    const options = {
      providers: { mine: { ...SOUND, ...fault } },
      logger: { error: (error: unknown) => logged.push(String(error)) },
    }
    const gate = await opened(gateway(fallback(mine, target(other.url)), options))
    return { up, logged, gate, alone: await opened(gateway(mine, options)) }
  }

  for (const [name, [fault, log]] of Object.entries(REQUESTS)) {
    it(`${name} is a failed target, in the log`, async () => {
      const { up, gate, logged } = await beside(fault, { chunks: answer('no') })
      assert.equal((await chat(gate.url)).text, 'fine')
      assert.deepEqual([gate.attempts[0]?.failure?.kind, up.requests.length], ['request', 0])
      assert.match(logged.join(), log)
    })
  }

  for (const [name, [error, log]] of Object.entries(ERRORS)) {
    it(`an error that has ${name} is a failed target, in the log`, async () => {
      const { gate, logged, alone } = await beside(says(error), { status: 503, chunks: ['{}'] })
      assert.equal((await chat(gate.url)).text, 'fine')
      assert.deepEqual([gate.attempts[0]?.failure?.kind, gate.attempts[0]?.failure?.status], ['status', 503])
      assert.match(logged.join(), log)
      const { status, body } = await chat(alone.url)
      assert.equal(status, 503)
      assert.match(JSON.parse(body).error.message, /could not be read/)
    })
  }

  it('an error that no client could be sent is tried again where the provider itself says so', async () => {
    const replies = [{ status: 400, headers: { 'x-should-retry': 'true' }, chunks: ['{}'] }, { chunks: answer('fine') }]
    const up = await opened(scripted(...replies))
    const options = { providers: { mine: { ...SOUND, ...says({ ...sound, status: 200 }) } } }
    const mine = { ...target(up.url, { retry: { attempts: 1 } }), provider: 'mine' as never }
    const gate = await opened(gateway(mine, options))
    assert.equal((await chat(gate.url)).text, 'fine')
  })

  it('an error inside a stream that no client could be sent is a failed target, in the log', async () => {
    const failing = () => {
      throw new UpstreamError('in-band', { ...sound, status: 200 })
    }
    const { gate, logged, alone } = await beside({ decoder: () => ({ decode: failing }) }, { chunks: answer('no') })
    assert.equal((await chat(gate.url)).text, 'fine')
    assert.match(logged.join(), /mine.*the status 200/)
    assert.equal((await chat(alone.url)).status, 502)
  })

  it('a prefill that throws goes on without one, in the log', async () => {
    const reply = {
      chunks: [ROLE, text('The quick brown fox jumps over the lazy dog and the lazy cat. ')],
      finish: 'cut',
    } as const
    const { gate, logged } = await beside({ prefill: boom }, reply, { mid_stream: 'continue', retry: { attempts: 1 } })
    const { frames, done } = await chat(gate.url)
    assert.ok(done || frames.at(-1)?.error !== undefined)
    assert.match(logged.join(), /mine.*prefill/)
    assert.equal(gate.attempts[1]?.resume, 'anchor')
  })

  it('an encoder that throws is an error of ours, when there is no other target', async () => {
    const providers = { mine: { ...SOUND, encode: boom } }
    const gate = await opened(gateway({ provider: 'mine', retry: { attempts: 3 } }, { providers }))
    const { status, body } = await chat(gate.url)
    assert.equal(status, 500)
    assert.ok(!body.includes('mistake'))
    assert.equal(gate.attempts.length, 1)
  })
})
