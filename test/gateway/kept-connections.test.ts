import assert from 'node:assert/strict'
import http from 'node:http'
import https from 'node:https'
import { setImmediate as turn } from 'node:timers/promises'
import { streamgate } from '../../lib/index.ts'
import { chat, serve } from '../helpers/client.ts'
import { forgetful } from '../helpers/forgetful.ts'
import { cleanup, gateway, target } from '../helpers/gateway.ts'
import { answer, scripted } from '../helpers/upstream.ts'

describe('connections to a provider', () => {
  const opened = cleanup()
  const AT_ONCE = 30
  const all = (url: string) => Promise.all(Array.from({ length: AT_ONCE }, () => chat(url)))
  const texts = Array.from({ length: AT_ONCE }, () => 'fine')

  it('are kept after an answer, though its body ends later than its terminal', async () => {
    let end = () => {}
    const up = await opened(
      forgetful((_req, res) => {
        res.writeHead(200, { 'content-type': 'text/event-stream' })
        res.write(answer('fine').join(''))
        end = () => res.end()
      }),
    )
    const agents = { http: new http.Agent({ keepAlive: true }), https: new https.Agent() }
    const gate = await opened(gateway(target(up.url), { agents }))
    for (let n = 0; n < AT_ONCE; n += 1) {
      assert.equal((await chat(gate.url)).text, 'fine')
      // The client has its answer; only now does the provider's body end.
      end()
      while (up.sockets.size > 0 && Object.keys(agents.http.freeSockets).length === 0) await turn()
    }
    assert.equal(up.connections, 1)
  })

  it('are closed with the middleware, one in use when its answer has ended', async () => {
    const rest = Promise.withResolvers<void>()
    const up = await opened(scripted({ chunks: answer('all ', 'of it'), gate: () => rest.promise }))
    const handler = streamgate(target(up.url))
    const server = await opened(serve((req, res) => handler(req, res)))
    const running = chat(server.url)
    await up.request(0)
    handler.close()
    rest.resolve()
    assert.equal((await running).text, 'all of it')
    while (up.sockets.size > 0) await turn()
  })

  it('that a balancer has forgotten cost no attempt, and the circuit stays closed', async () => {
    const circuits: string[] = []
    const up = await opened(
      forgetful((_req, res) => {
        res.writeHead(200, { 'content-type': 'text/event-stream' })
        res.end(answer('fine').join(''))
      }),
    )
    const config = { ...target(up.url), cb_config: { failure_threshold: 1 } }
    const gate = await opened(gateway(config, { onCircuit: ({ state }) => circuits.push(state) }))
    for (let wave = 0; wave < 3; wave += 1) {
      const answers = await all(gate.url)
      assert.deepEqual(
        answers.map(({ status, text }) => [status, text]),
        texts.map((text) => [200, text]),
      )
      up.forget()
    }
    assert.ok(up.resets.length >= 2)
    assert.deepEqual([gate.attempts.length, circuits], [3 * AT_ONCE, ['closed']])
  })
})
