import assert from 'node:assert/strict'
import { admit, readTokens, type Tokens } from '../../lib/cli/tokens.ts'
import { cleanUp, file, standalone } from '../examples/process.ts'
import { chat, HELLO } from '../helpers/client.ts'
import { cleanup } from '../helpers/gateway.ts'
import { answer, type Scripted, scripted } from '../helpers/upstream.ts'

const ADA = 'a-token-of-sixteen'
const BOB = 'bobs:token:with-colons'
const TEXT = `ada:${ADA}, bob:${BOB}`

describe('the tokens of the program', () => {
  const tokens = readTokens({ STREAMGATE_TOKENS: TEXT }) as Tokens

  for (const [headers, name] of [
    [{ authorization: `Bearer ${ADA}` }, 'ada'],
    [{ authorization: `bearer ${BOB}` }, 'bob'],
    [{ 'x-api-key': ADA }, 'ada'],
    [{ authorization: 'Bearer sk-of-a-provider', 'x-api-key': ADA }, 'ada'],
    [{ authorization: ADA }, undefined],
    [{ authorization: 'Bearer ' }, undefined],
    [{ authorization: `Bearer ${ADA}x` }, undefined],
    [{ 'x-api-key': '' }, undefined],
    [{ 'x-streamgate-client': 'ada' }, undefined],
    [{}, undefined],
  ] as [Record<string, string>, string | undefined][]) {
    it(`of ${JSON.stringify(headers)} let in ${name ?? 'nobody'}`, () => {
      const left = { ...headers }
      assert.equal(admit(tokens, left), name !== undefined)
      if (name !== undefined) assert.equal(left['x-streamgate-client'], name)
      if (name !== undefined) assert.ok(!JSON.stringify(left).includes(name === 'ada' ? ADA : BOB))
    })
  }

  it('are none where the variable is not set', () => {
    assert.equal(readTokens({}), undefined)
    assert.equal(readTokens({ STREAMGATE_TOKENS: '' }), undefined)
  })

  for (const [text, message] of [
    ['ada', /must be name:token/],
    [':a-token-of-sixteen', /must be name:token/],
    [' , ', /must be name:token/],
    ['ada:short', /the token of ada is shorter than 16 characters/],
    [`ada:${ADA},ada:${BOB}`, /ada stands there twice/],
  ] as const) {
    it(`of ${JSON.stringify(text)} are refused, and none is quoted`, () => {
      assert.throws(
        () => readTokens({ STREAMGATE_TOKENS: text }),
        ({ message: told }: Error) => message.test(told) && !told.includes(ADA),
      )
    })
  }
})

describe('the standalone proxy with STREAMGATE_TOKENS', function () {
  this.timeout(20_000)
  const opened = cleanup(after)
  after(cleanUp)
  let up: Scripted
  let program: Awaited<ReturnType<typeof standalone>>

  before(async () => {
    up = await opened(scripted({ chunks: answer('fine') }))
    // Without a key of its own, a target is sent the client's.
    const config = file({ provider: 'openai', custom_host: up.url })
    program = await standalone(['--config', config], { env: { STREAMGATE_TOKENS: TEXT } })
  })

  it('refuses all who have none, but at /healthz', async () => {
    for (const path of ['/v1/chat/completions', '/v1/models', '/metrics', '/', '/nowhere']) {
      const response = await fetch(program.url + path, { headers: { authorization: 'Bearer wrong' } })
      assert.deepEqual([response.status, response.headers.get('www-authenticate')], [401, 'Bearer'], path)
    }
    assert.equal((await fetch(`${program.url}/healthz`)).status, 200)
    assert.equal(up.requests.length, 0)
  })

  it('lets in who has one, and tells hooks and metrics the name; the provider gets no token', async () => {
    const bearer = { authorization: `Bearer ${ADA}` }
    const asked = { ...HELLO, metadata: { client: 'somebody-else', team: 'x' } }
    assert.equal((await chat(program.url, asked, bearer)).text, 'fine')
    assert.equal((await chat(program.url, HELLO, { 'x-api-key': BOB })).text, 'fine')
    const { metadata } = await program.logged('request')
    assert.deepEqual(metadata, { client: 'ada', team: 'x' })
    assert.ok(!JSON.stringify(up.requests.map(({ headers }) => headers)).includes(ADA))
    assert.ok(!program.stdout().includes(ADA))

    const metrics = await fetch(`${program.url}/metrics`, { headers: bearer })
    assert.match(metrics.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
    assert.match(await metrics.text(), /^streamgate_requests_total\{.*streamgate_metadata_client="ada".*\} 1$/m)
  })
})
