import assert from 'node:assert/strict'
import type { Options } from '../../lib/index.ts'
import { chat, HELLO } from '../helpers/client.ts'
import { cleanup, fallback, gateway, target } from '../helpers/gateway.ts'
import { answer, frame, openaiChunk, REFUSED_URL, ROLE, scripted, text } from '../helpers/upstream.ts'

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
    const { kind, message } = gate.attempts[0]?.failure ?? {}
    assert.deepEqual([kind, message], ['request', 'The credentials of the target locked could not be had.'])
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
      assert.equal(headers['x-streamgate-provider-request-id'], 'req_1')
      assert.equal(headers['x-ratelimit-remaining-tokens'], '5')
      for (const name of ['set-cookie', 'openai-organization', 'anthropic-organization-id', 'server', 'alt-svc']) {
        assert.equal(headers[name], undefined, name)
      }
    }
  })

  it('no key shows in what the client or the hooks are told', async () => {
    const refused = REFUSED_URL
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

  describe('a secret that the provider quotes is blotted out:', () => {
    // Of no form that providers would recognise as a key.
    const QUOTED = 'a+b(c)$&very-secret'
    const message = `Incorrect key provided: ${QUOTED}, in full ${QUOTED}.`
    const azure = { provider: 'azure-openai', deployment_id: 'd', api_version: '2024-10-21' }
    const aws = { provider: 'bedrock', aws_region: 'us-east-1', aws_access_key_id: 'AKIDEXAMPLE' }
    const keys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'other' }
    const table: [
      what: string,
      config: Record<string, unknown>,
      options?: Options,
      headers?: Record<string, string>,
    ][] = [
      ['a key of the config', { provider: 'openai', api_key: QUOTED }],
      ['an Entra token', { ...azure, azure_ad_token: QUOTED }],
      ['a secret key of AWS', { ...aws, aws_secret_access_key: QUOTED }],
      ['a session token of AWS', { ...aws, aws_secret_access_key: 'other', aws_session_token: QUOTED }],
      ['what a function told', { provider: 'openai' }, { credentials: () => QUOTED }],
      ['the AWS keys it told', aws, { credentials: () => ({ ...keys, sessionToken: QUOTED }) }],
      ['the token of the client', { provider: 'openai' }, {}, { authorization: `Bearer ${QUOTED}` }],
    ]
    for (const [what, config, options = {}, headers = {}] of table) {
      it(what, async () => {
        const error = JSON.stringify({ message, error: { message, code: QUOTED, param: QUOTED } })
        const refused = { status: 401, headers: { 'x-request-id': 'r1', 'x-should-retry': 'true' }, chunks: [error] }
        const up = await opened(scripted(refused))
        const gate = await opened(
          gateway({ ...config, custom_host: up.url, override_params: { model: 'm.m' } }, options),
        )
        const result = await chat(gate.url, HELLO, headers)
        assert.equal(up.requests.length, 1)
        assert.equal(result.status, 401)
        assert.match(JSON.parse(result.body).error.message, /provided: \*\*\*, in full \*\*\*/)
        assert.ok(!JSON.stringify([result.body, gate.attempts, gate.outcomes]).includes(QUOTED))
        // All else is as it was told.
        const { 'x-streamgate-provider-request-id': id, 'x-should-retry': retry } = result.headers
        assert.deepEqual([id, retry], ['r1', undefined])
        assert.equal(gate.outcomes[0]?.failure?.status, 401)
      })
    }

    it('within a stream, too', async () => {
      const up = await opened(scripted({ chunks: [ROLE, text('a'), frame({ error: { message } })] }))
      const gate = await opened(gateway(target(up.url, { api_key: QUOTED })))
      const result = await chat(gate.url)
      assert.match(result.frames.at(-1)?.error?.message ?? '', /\*\*\*/)
      assert.ok(!result.body.includes(QUOTED))
    })
  })

  it('the client’s token stays here where the target has keys of another kind', async () => {
    const up = await opened(scripted({ status: 401, chunks: ['{}'] }))
    for (const config of [
      { provider: 'azure-openai', deployment_id: 'd', api_version: '2024-10-21', azure_ad_token: 'own-token' },
      { provider: 'bedrock', aws_region: 'us-east-1', aws_access_key_id: 'AKID', aws_secret_access_key: 'own-secret' },
    ]) {
      const gate = await opened(gateway({ ...config, custom_host: up.url }))
      await chat(gate.url, HELLO, { authorization: 'Bearer from-client' })
      assert.ok(!JSON.stringify(up.requests.at(-1)).includes('from-client'))
    }
    assert.equal(up.requests[0]?.headers.authorization, 'Bearer own-token')
    assert.match(up.requests[1]?.headers.authorization ?? '', /^AWS4-HMAC-SHA256 /)
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
