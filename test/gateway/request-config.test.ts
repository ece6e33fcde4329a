import assert from 'node:assert/strict'
import { lookup } from 'node:dns/promises'
import http from 'node:http'
import https from 'node:https'
import { hostname } from 'node:os'
import type { Options } from '../../lib/index.ts'
import { openaiCompatible } from '../../lib/provider.ts'
import { chat, HELLO } from '../helpers/client.ts'
import { cleanup, fallback, gateway, target } from '../helpers/gateway.ts'
import { answer, ROLE, scripted, text } from '../helpers/upstream.ts'

const OPEN: Options = { requestConfig: { allowPrivateHosts: true } }
const header = (config: unknown) => ({ 'x-portkey-config': JSON.stringify(config) })

describe('a config that comes with a request', () => {
  const opened = cleanup()

  /** The operator's own target and the client's, as servers. */
  async function pair(options: Options) {
    const [ours, theirs] = [
      await opened(scripted({ chunks: answer('ours') })),
      await opened(scripted({ chunks: answer('theirs') })),
    ]
    return { ours, theirs, gate: await opened(gateway(target(ours.url), options)) }
  }

  it('is not looked at unless that is switched on', async () => {
    const { theirs, gate } = await pair({})
    assert.equal((await chat(gate.url, HELLO, header(target(theirs.url)))).text, 'ours')
    assert.equal((await chat(gate.url, HELLO, { 'x-portkey-config': 'nonsense' })).text, 'ours')
    assert.equal(theirs.requests.length, 0)
  })

  it('takes the place of the operator’s, for this request alone', async () => {
    const { theirs, gate } = await pair(OPEN)
    assert.equal((await chat(gate.url, HELLO, header(target(theirs.url)))).text, 'theirs')
    assert.equal((await chat(gate.url)).text, 'ours')
  })

  it('may name the operator’s own providers', async () => {
    const { theirs, gate } = await pair({
      ...OPEN,
      providers: { mine: openaiCompatible({ name: 'mine', baseUrl: 'http://127.0.0.1:9' }) },
    })
    const own = { provider: 'mine', custom_host: theirs.url, api_key: 'k' }
    assert.equal((await chat(gate.url, HELLO, header(own))).text, 'theirs')
  })

  it('has its own bounds for the request as a whole', async () => {
    const { gate } = await pair(OPEN)
    const bad = await opened(scripted({ chunks: [ROLE, text('half')], finish: 'reset' }))
    const good = await opened(scripted({ chunks: answer('whole') }))
    const own = { ...fallback(target(bad.url), target(good.url)), commit_after: { chunks: 5 } }
    assert.equal((await chat(gate.url, HELLO, header(own))).text, 'whole')
  })

  it('is refused with its faults named, and no target is asked', async () => {
    const { ours, gate } = await pair(OPEN)
    const { status, body } = await chat(gate.url, HELLO, header({ provider: 'openai', cache: true }))
    assert.equal(status, 400)
    assert.match(JSON.parse(body).error.message, /cache/)
    assert.equal(ours.requests.length, 0)
    assert.equal(gate.outcomes[0]?.outcome, 'rejected')
  })

  describe('does not lead to this machine or its network', () => {
    it('by address', async () => {
      const { theirs, gate } = await pair({ requestConfig: {} })
      const { status, body } = await chat(gate.url, HELLO, header(target(theirs.url)))
      assert.equal(status, 400)
      assert.match(JSON.parse(body).error.message, /custom_host|x-portkey-config/)
      assert.equal(theirs.requests.length, 0)
    })

    it('by a name that resolves to it', async function () {
      const home = await lookup(hostname(), { family: 4 }).catch(() => ({ address: '' }))
      // Only a machine that knows its own name by a private address has one to try.
      if (!/^(127|10|192\.168)\./.test(home.address)) return this.skip()
      const { theirs, gate } = await pair({ requestConfig: {} })
      const { port } = new URL(theirs.url)
      const { status, body } = await chat(gate.url, HELLO, header(target(`http://${hostname()}:${port}`)))
      assert.equal(status, 400)
      assert.match(JSON.parse(body).error.message, /private or reserved address/)
      assert.ok(!body.includes(home.address))
      assert.equal(theirs.requests.length, 0)
    })

    it('by the agents of the options, whose look-ups nobody guards', async () => {
      const lookup: http.AgentOptions['lookup'] = (_name, options, done) => {
        if (options.all) done(null, [{ address: '127.0.0.1', family: 4 }])
        else done(null, '127.0.0.1', 4)
      }
      const agents = { http: new http.Agent({ lookup }), https: new https.Agent({ lookup }) }
      const { ours, theirs, gate } = await pair({ requestConfig: {}, agents })
      // The operator's own targets are asked through them.
      const { port } = new URL(ours.url)
      const trusted = await opened(gateway(target(`http://ours.invalid:${port}`), { agents }))
      assert.equal((await chat(trusted.url)).text, 'ours')
      const { status } = await chat(
        gate.url,
        HELLO,
        header(target(`http://theirs.invalid:${new URL(theirs.url).port}`)),
      )
      assert.equal(status, 502)
      assert.equal(theirs.requests.length, 0)
    })
  })
})
