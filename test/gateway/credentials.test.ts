import assert from 'node:assert/strict'
import type { Options } from '../../lib/index.ts'
import { chat } from '../helpers/client.ts'
import { cleanup, fallback, gateway, target } from '../helpers/gateway.ts'
import { answer, scripted } from '../helpers/upstream.ts'

/** What an application's `credentials` may answer that is no key, and what the error says of it. */
const FAULTS: Record<string, [answered: unknown, says: RegExp]> = {
  'an empty string': ['', /an empty key/],
  blanks: [' \n', /an empty key/],
  'a key with its line break': ['sk-secret\n', /cannot stand in a header/],
  'a number': [5, /a number in place of a key/],
  'a boolean': [false, /a boolean in place of a key/],
  'an empty object': [{}, /without accessKeyId and secretAccessKey/],
  'a list': [['sk-secret'], /without accessKeyId and secretAccessKey/],
  'half a pair': [{ accessKeyId: 'AKID' }, /without accessKeyId and secretAccessKey/],
  'an empty secret': [{ accessKeyId: 'AKID', secretAccessKey: '' }, /without accessKeyId and secretAccessKey/],
  'a session that is no text': [{ accessKeyId: 'A', secretAccessKey: 'sk-secret', sessionToken: 5 }, /sessionToken/],
}

describe('a function for credentials that answers', () => {
  const opened = cleanup()

  for (const [name, [answered, says]] of Object.entries(FAULTS)) {
    it(`${name} is an error of its target that says so`, async () => {
      const [up, other] = [await opened(scripted({})), await opened(scripted({ chunks: answer('fine') }))]
      const options = {
        credentials: ({ name }: { name: string }) => (name === 'faulty' ? answered : undefined),
      } as Options
      const faulty = target(up.url, { name: 'faulty', api_key: 'sk-config' })
      const gate = await opened(gateway(fallback(faulty, target(other.url)), options))
      assert.equal((await chat(gate.url)).text, 'fine')
      const { kind, message = '' } = gate.attempts[0]?.failure ?? {}
      assert.equal(kind, 'request')
      assert.match(message, /`credentials` answered .* for the target faulty/)
      assert.match(message, says)
      assert.ok(!message.includes('sk-secret'))
      assert.equal(up.requests.length, 0)

      const alone = await opened(gateway(faulty, options))
      assert.equal((await chat(alone.url)).status, 500)
    })
  }

  it('nothing this time is asked again, and does not count against the provider', async () => {
    const up = await opened(scripted({ chunks: answer('fine') }))
    let asked = 0
    const credentials = async () => {
      asked += 1
      if (asked === 1) throw new Error('the vault restarts')
      return 'sk-now'
    }
    const cb_config = { failure_threshold: 1, cooldown_interval: 60_000 }
    const gate = await opened(gateway(target(up.url, { retry: { attempts: 1 }, cb_config }), { credentials }))
    assert.equal((await chat(gate.url)).text, 'fine')
    assert.equal((await chat(gate.url)).text, 'fine')
    assert.deepEqual([asked, up.requests.length], [3, 2])
  })

  it('null leaves the key of the config', async () => {
    const up = await opened(scripted({ chunks: answer('fine') }))
    const gate = await opened(gateway(target(up.url), { credentials: () => null } as unknown as Options))
    assert.equal((await chat(gate.url)).text, 'fine')
    assert.equal(up.requests[0]?.headers.authorization, 'Bearer sk-test')
  })
})
