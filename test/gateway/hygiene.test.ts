import assert from 'node:assert/strict'
import { chat, HELLO } from '../helpers/client.ts'
import { cleanup, fallback, gateway, target } from '../helpers/gateway.ts'
import { answer, openaiChunk, refusedUrl, scripted } from '../helpers/upstream.ts'

const GOOD = { chunks: answer('fine') }
const SECRET = 'sk-very-secret-1234567890'

describe('headers and secrets', () => {
  const opened = cleanup()

  it('nothing of the client goes to the provider but what is named', async () => {
    const up = await opened(scripted(GOOD))
    const gate = await opened(gateway({ ...target(up.url), forward_headers: ['X-Tenant'] }))
    await chat(gate.url, HELLO, {
      authorization: 'Bearer gateway-key',
      cookie: 'session=1',
      'x-tenant': 'acme',
      'x-other': 'no',
      'accept-encoding': 'br',
      'x-forwarded-for': '10.0.0.1',
      connection: 'close',
    })
    const [{ headers }] = up.requests as [(typeof up.requests)[0]]
    assert.deepEqual(Object.keys(headers).sort(), [
      'accept',
      'accept-encoding',
      'authorization',
      'connection',
      'content-length',
      'content-type',
      'host',
      'x-tenant',
    ])
    assert.equal(headers.authorization, 'Bearer sk-test')
    assert.equal(headers['x-tenant'], 'acme')
    assert.equal(headers['accept-encoding'], 'identity')
    assert.equal(headers.connection, 'keep-alive')
    assert.equal(headers.host, new URL(up.url).host)
  })

  it('a forwarded header never replaces one of ours', async () => {
    const up = await opened(scripted(GOOD))
    const gate = await opened(gateway({ ...target(up.url), forward_headers: ['authorization', 'accept'] }))
    await chat(gate.url, HELLO, { authorization: 'Bearer gateway-key', accept: 'text/html' })
    assert.equal(up.requests[0]?.headers.authorization, 'Bearer sk-test')
    assert.equal(up.requests[0]?.headers.accept, 'text/event-stream')
  })

  it('the client’s token goes only to a target without a key of its own', async () => {
    const bare = await opened(scripted({ status: 500, chunks: ['{}'] }))
    const keyed = await opened(scripted(GOOD))
    const gate = await opened(
      gateway(fallback({ provider: 'openai', custom_host: bare.url }, target(keyed.url, { api_key: 'own' }))),
    )
    await chat(gate.url, HELLO, { authorization: 'Bearer from-client' })
    assert.equal(bare.requests[0]?.headers.authorization, 'Bearer from-client')
    assert.equal(keyed.requests[0]?.headers.authorization, 'Bearer own')
  })

  it('credentials as a function win over the config’s key', async () => {
    const up = await opened(scripted(GOOD))
    const gate = await opened(gateway(target(up.url), { credentials: async ({ provider }) => `fresh-${provider}` }))
    await chat(gate.url)
    assert.equal(up.requests[0]?.headers.authorization, 'Bearer fresh-openai')
  })

  it('a function for credentials that throws is a failed target', async () => {
    const up = await opened(scripted(GOOD))
    const gate = await opened(
      gateway(fallback(target(up.url, { name: 'locked' }), target(up.url)), {
        credentials: ({ name }) => {
          if (name === 'locked') throw new Error(`vault refused ${SECRET}`)
          return undefined
        },
      }),
    )
    const result = await chat(gate.url)
    assert.equal(result.text, 'fine')
    assert.equal(gate.attempts[0]?.outcome, 'failed')
  })

  it('rate limits and request ids come back; cookies, accounts and the connection do not', async () => {
    const up = await opened(
      scripted({
        headers: {
          'content-type': 'text/event-stream',
          'set-cookie': 'a=b',
          'openai-organization': 'org-1',
          'anthropic-organization-id': 'org-2',
          'x-request-id': 'req_1',
          'x-ratelimit-remaining-tokens': '5',
          'retry-after': '1',
          server: 'up',
          'alt-svc': 'h3',
          'keep-alive': 'timeout=99',
        },
        chunks: answer('fine'),
      }),
    )
    const gate = await opened(gateway(target(up.url)))
    for (const stream of [true, false]) {
      const { headers } = await chat(gate.url, { ...HELLO, stream })
      assert.equal(headers['x-request-id'], 'req_1')
      assert.equal(headers['x-ratelimit-remaining-tokens'], '5')
      for (const name of ['set-cookie', 'openai-organization', 'anthropic-organization-id', 'server', 'alt-svc']) {
        assert.equal(headers[name], undefined, name)
      }
    }
  })

  it('no key shows in what the client or the hooks are told', async () => {
    const refused = await refusedUrl()
    const echo = await opened(scripted({ status: 500, chunks: ['{"error":{"message":"boom"}}'] }))
    const told: unknown[] = []
    const gate = await opened(
      gateway(fallback(target(refused, { api_key: SECRET }), target(echo.url, { api_key: SECRET })), {
        onAttemptStart: (each) => told.push(each),
        onAttemptEnd: (each) => told.push(each),
        onFinish: (each) => told.push(each),
        logger: { error: (each: unknown) => told.push(String(each)) },
      }),
    )
    const result = await chat(gate.url)
    assert.ok(!result.body.includes(SECRET))
    assert.ok(!JSON.stringify(told).includes(SECRET))
  })

  it('a model name cannot inject a header or a path', async () => {
    const up = await opened(scripted(GOOD))
    const azure = {
      provider: 'azure-openai',
      custom_host: `${up.url}/openai`,
      api_key: 'k',
      deployment_id: '../x?y#z',
      api_version: '2024-10-21',
    }
    const gate = await opened(gateway(fallback(target(up.url), azure)))
    await chat(gate.url, { ...HELLO, model: 'm\r\nx-evil: 1' })
    const other = await opened(gateway(azure))
    await chat(other.url, { ...HELLO, model: 'm\r\nx-evil: 1' })
    for (const { headers, url } of up.requests) {
      assert.equal(headers['x-evil'], undefined)
      assert.ok(
        ['/chat/completions', '/openai/deployments/..%2Fx%3Fy%23z/chat/completions?api-version=2024-10-21'].includes(
          url,
        ),
        url,
      )
    }
  })

  it('usage is always asked upstream and goes out only if the client asked', async () => {
    const up = await opened(scripted(GOOD))
    const gate = await opened(gateway(target(up.url)))
    const without = await chat(gate.url)
    const asked = await chat(gate.url, { ...HELLO, stream_options: { include_usage: true } })
    for (const { body } of up.requests) assert.equal(JSON.parse(body).stream_options.include_usage, true)

    assert.ok(without.frames.every((each) => !('usage' in each)))
    assert.ok(without.frames.every(({ choices }) => choices.length > 0))
    const [last, ...before] = asked.frames.toReversed()
    assert.deepEqual(last?.choices, [])
    assert.deepEqual(last?.usage, { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 })
    assert.ok(before.every(({ usage }) => usage === null))
  })

  it('vendor fields go out only with strict_open_ai_compliance: false', async () => {
    const chunks = answer('fine').map((each) =>
      each.replace('"delta":{', '"vendor_choice":1,"delta":{"vendor_delta":2,'),
    )
    const up = await opened(scripted({ chunks: [openaiChunk({ content: '' }, null, { vendor_chunk: 3 }), ...chunks] }))
    const strict = await opened(gateway(target(up.url)))
    assert.ok(!(await chat(strict.url)).body.includes('vendor'))
    const loose = await opened(gateway({ ...target(up.url), strict_open_ai_compliance: false }))
    const { body } = await chat(loose.url)
    for (const name of ['vendor_choice', 'vendor_delta', 'vendor_chunk']) assert.ok(body.includes(name), name)
  })
})
