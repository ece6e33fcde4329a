import assert from 'node:assert/strict'
import http from 'node:http'
import https from 'node:https'
import { createLookup } from '../../lib/middleware/attempt/connection/dns/lookup.ts'
import { createResolve } from '../../lib/middleware/attempt/connection/dns/resolve.ts'
import { chat } from '../helpers/client.ts'
import { dnsServer, type Zone } from '../helpers/dns.ts'
import { cleanup, fallback, gateway, target } from '../helpers/gateway.ts'
import { answer, REFUSED_URL, scripted } from '../helpers/upstream.ts'

describe('names of providers', () => {
  const opened = cleanup()
  const named = (url: string, name: string) => url.replace('127.0.0.1', name)

  /** Agents that resolve names by this zone. */
  async function agentsOf(zone: Zone) {
    const server = await opened(dnsServer(zone))
    const lookup = createLookup({ resolve: createResolve({ servers: [server.address], timeout: 100 }) })
    return { server, agents: { http: new http.Agent({ keepAlive: true, lookup }), https: https.globalAgent } }
  }

  it('for which DNS is silent leave a fallback that has a name to all who wait', async () => {
    const { agents } = await agentsOf({ 'silent.test': 'silent', 'good.test': { a: ['127.0.0.1'] } })
    const up = await opened(scripted({ chunks: answer('fine') }))
    const config = fallback(target(named(up.url, 'silent.test')), target(named(up.url, 'good.test')))
    const gate = await opened(gateway(config, { agents }))
    const answers = await Promise.all(Array.from({ length: 20 }, () => chat(gate.url)))
    assert.deepEqual(
      answers.map(({ status, text }) => [status, text]),
      answers.map(() => [200, 'fine']),
    )
    assert.deepEqual([...new Set(gate.attempts.map(({ failure }) => failure?.message))].toSorted(), [
      'The provider could not be reached (ETIMEOUT).',
      undefined,
    ])
  })

  it('are asked for once, and each of their addresses is tried', async () => {
    const up = await opened(scripted({ chunks: answer('fine') }))
    // Nobody listens at the first one.
    const { agents, server } = await agentsOf({ 'two.test': { a: ['127.0.0.2', '127.0.0.1'] } })
    const gate = await opened(gateway(target(named(up.url, 'two.test')), { agents }))
    const answers = await Promise.all(Array.from({ length: 4 }, () => chat(gate.url)))
    assert.deepEqual(
      answers.map(({ text }) => text),
      answers.map(() => 'fine'),
    )
    assert.deepEqual(server.questions.filter((question) => question === 'A two.test').length, 1)
  })

  it('whose addresses all refuse are a failure to connect', async () => {
    const { agents } = await agentsOf({ 'two.test': { a: ['127.0.0.2', '127.0.0.3'] } })
    const gate = await opened(gateway(target(named(REFUSED_URL, 'two.test')), { agents }))
    const { status, body } = await chat(gate.url)
    assert.deepEqual([status, JSON.parse(body).error.code], [502, 'upstream_unreachable'])
  })
})
