import assert from 'node:assert/strict'
import { openaiCompatible, type Provider, RequestError } from '../../lib/index.ts'
import { chat } from '../helpers/client.ts'
import { cleanup, fallback, gateway, target } from '../helpers/gateway.ts'
import { answer, scripted } from '../helpers/upstream.ts'

const SOUND = openaiCompatible({ name: 'mine', baseUrl: 'http://127.0.0.1:9' })
const boom = (): never => {
  throw new TypeError('my own mistake')
}

/** What an application's own provider may do wrong, what is told of it, and whether the logger is. */
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
  'a decoder that throws': [{ decoder: () => boom }, 'malformed', /processed/, true],
  'no decoder': [{ decoder: boom }, 'malformed', /processed/, true],
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

  it('an encoder that throws is an error of ours, when there is no other target', async () => {
    const providers = { mine: { ...SOUND, encode: boom } }
    const gate = await opened(gateway({ provider: 'mine', retry: { attempts: 3 } }, { providers }))
    const { status, body } = await chat(gate.url)
    assert.equal(status, 500)
    assert.ok(!body.includes('mistake'))
    assert.equal(gate.attempts.length, 1)
  })
})
