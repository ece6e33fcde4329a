import assert from 'node:assert/strict'
import OpenAI from 'openai'
import type { Outcome } from '../../lib/index.ts'
import { cleanup, describeMounts, fallback, type Gateway, target } from '../helpers/gateway.ts'
import { answer, type Reply, scripted } from '../helpers/upstream.ts'

const COMPACTED = {
  id: 'resp_up',
  object: 'response.compaction',
  created_at: 1,
  output: [
    { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'hi' }] },
    { id: 'cmp_1', type: 'compaction', encrypted_content: 'gAAA' },
  ],
  usage: { input_tokens: 40, output_tokens: 2, total_tokens: 42 },
  a_field_of_tomorrow: 1e21,
}
/** As no serializer of ours would write it. */
const TEXT = JSON.stringify(COMPACTED, undefined, 1)
const given = (body: string, more: Reply = {}): Reply => ({
  headers: { 'content-type': 'application/json' },
  chunks: [body],
  ...more,
})
const BODY = { model: 'gpt-x', input: [{ role: 'user', content: 'hi' }], prompt_cache_key: 'k', unknown: [null] }
const ANTHROPIC = { provider: 'anthropic', api_key: 'a', custom_host: 'http://127.0.0.1:1' }

for (const path of ['compact', 'input_tokens'] as const) {
  describeMounts(`POST /responses/${path}`, (open) => {
    const opened = cleanup()
    const serve = (...replies: Reply[]) => opened(scripted(...replies))

    async function ask({ sdk }: Gateway, body: unknown = BODY) {
      const client = new OpenAI({ apiKey: 'sk-client', maxRetries: 0, ...sdk })
      const response = await client.post(`/responses/${path}`, { body: body as object }).asResponse()
      return { headers: response.headers, text: await response.text() }
    }
    const refusal = async (asked: Promise<unknown>) => {
      const error = await asked.then(
        () => assert.fail('it was answered'),
        (thrown: unknown) => thrown,
      )
      assert.ok(error instanceof OpenAI.APIError)
      return error
    }

    it('goes to a target that speaks the API as the client wrote it, and what it says comes back', async () => {
      const up = await serve(given(TEXT))
      const gate = await opened(open(target(`${up.url}/v1`, { models: { 'gpt-x': 'gpt-up' } })))
      const { headers, text } = await ask(gate)
      assert.equal(text, TEXT)
      assert.equal(headers.get('x-streamgate-provider'), 'openai')
      const [sent] = up.requests
      assert.equal(sent?.url, `/v1/responses/${path}`)
      assert.deepEqual(JSON.parse(sent?.body ?? ''), { ...BODY, model: 'gpt-up' })
      assert.equal(sent?.headers.authorization, 'Bearer sk-test')
    })

    it('goes to Azure, whose version stays in the query', async () => {
      const up = await serve(given(TEXT))
      const azure = {
        ...{ provider: 'azure-openai', custom_host: `${up.url}/openai`, api_key: 'az' },
        ...{ api_version: '2025-04-01-preview', deployment_id: 'dep' },
      }
      await ask(await opened(open(azure)))
      const [sent] = up.requests
      assert.equal(sent?.url, `/openai/responses/${path}?api-version=2025-04-01-preview`)
      assert.deepEqual([JSON.parse(sent?.body ?? '').model, sent?.headers['api-key']], ['dep', 'az'])
    })

    it('is retried, and falls back over the targets that speak the API', async () => {
      const [first, second] = [await serve({ status: 500, chunks: ['{}'] }), await serve(given(TEXT))]
      const chat = target(first.url, { openai_api: 'chat', name: 'chat' })
      const targets = fallback(ANTHROPIC, chat, target(first.url, { name: 'one' }), target(second.url, { name: 'two' }))
      const gate = await opened(open({ ...targets, retry: { attempts: 1 } }))
      assert.equal((await ask(gate)).text, TEXT)
      const operation = path === 'compact' ? 'compact' : 'count_tokens'
      assert.deepEqual(
        gate.attempts.map((each) => [each.target, each.reason, each.outcome, each.operation]),
        [
          ['one', 'first', 'failed', operation],
          ['one', 'retry', 'failed', operation],
          ['two', 'fallback', 'whole', operation],
        ],
      )
      const outcome = await gate.finished()
      assert.deepEqual([outcome.dialect, outcome.operation, outcome.outcome], ['responses', operation, 'whole'])
    })

    const broken: [name: string, reply: Reply][] = [
      ['is cut', given('', { chunks: [TEXT.slice(0, 30)], finish: 'reset' })],
      ['is a page', { headers: { 'content-type': 'text/html' }, chunks: ['<html>'] }],
      ['is no object', given('[1]')],
      ['never comes', { chunks: [], finish: 'hang' }],
    ]
    for (const [name, reply] of broken) {
      it(`falls back from an answer that ${name}`, async () => {
        const [first, second] = [await serve(reply), await serve(given(TEXT))]
        const gate = await opened(open(fallback(target(first.url, { request_timeout: 50 }), target(second.url))))
        assert.equal((await ask(gate)).text, TEXT)
      })
    }

    it('is a 404 that says so where no target speaks the API, and nobody is asked', async () => {
      const up = await serve(given(TEXT))
      const gate = await opened(open(fallback(ANTHROPIC, target(up.url, { openai_api: 'chat' }))))
      const error = await refusal(ask(gate))
      assert.deepEqual([error.status, error.code], [404, null])
      assert.match(error.message, new RegExp(`/responses/${path} is not served here`))
      assert.deepEqual([up.requests.length, gate.attempts.length], [0, 0])
      const { outcome, failure } = (await gate.finished()) as Outcome
      assert.deepEqual([outcome, failure?.kind], ['failed', 'skipped'])
    })

    it('is the provider’s error where it refuses, whatever other targets there are', async () => {
      const error = { message: 'Too fast.', type: 'requests', param: null, code: 'rate_limit_exceeded' }
      const up = await serve(given(JSON.stringify({ error }), { status: 429 }))
      const told = await refusal(ask(await opened(open(fallback(target(up.url), ANTHROPIC)))))
      assert.deepEqual([told.status, told.code], [429, 'rate_limit_exceeded'])
      assert.match(told.message, /Too fast/)
    })

    it('is refused before anybody is asked if it is wrong or has no end', async () => {
      const up = await serve(given(TEXT))
      const gate = await opened(open(target(up.url), { limits: { maxMessages: 2, maxTools: 1, maxRequestValues: 50 } }))
      const user = { role: 'user', content: 'a' }
      const tools = ['f', 'g'].map((name) => ({ type: 'function', name, parameters: {} }))
      for (const [body, about] of [
        [{ model: 'm' }, /input/],
        [{ model: 7, input: 'a' }, /model/],
        [{ model: 'm', input: [user, user, user] }, /too long/],
        [{ model: 'm', input: 'a', tools }, /too long/],
        [{ model: 'm', input: 'a', metadata: Array(60).fill(1) }, /values/],
      ] as const) {
        const error = await refusal(ask(gate, body))
        assert.equal(error.status, 400)
        assert.match(error.message, about)
      }
      assert.equal(up.requests.length, 0)
      assert.equal((await gate.finished(5)).outcome, 'rejected')
    })

    it('ends at the provider when the client leaves', async () => {
      const up = await serve({ chunks: [], finish: 'hang' })
      const gate = await opened(open(target(up.url)))
      const client = new OpenAI({ apiKey: 'k', maxRetries: 0, ...gate.sdk })
      const left = new AbortController()
      const asked = client.post(`/responses/${path}`, { body: BODY, signal: left.signal })
      const { closed } = await up.request(0)
      left.abort()
      await assert.rejects(Promise.resolve(asked))
      await closed
      assert.equal((await gate.finished()).outcome, 'aborted')
    })
  })
}

describeMounts('what a compaction is', (open) => {
  const opened = cleanup()
  const prices = { 'gpt-*': { input: 1_000_000, output: 1_000_000 } }

  it('paid for, by what the provider counts; a count is not', async () => {
    const up = await opened(scripted(given(TEXT), given('{"object":"response.input_tokens","input_tokens":7}')))
    const gate = await opened(open({ prices, targets: [target(up.url)] }))
    const client = new OpenAI({ apiKey: 'k', maxRetries: 0, ...gate.sdk })
    const compacted = await client.responses.compact({ model: 'gpt-x', input: 'hi' })
    assert.deepEqual(compacted.output.at(-1), COMPACTED.output.at(-1))
    const { input_tokens } = await client.responses.inputTokens.count({ model: 'gpt-x', input: 'hi' })
    assert.equal(input_tokens, 7)
    await gate.finished(2)
    const [first, second] = gate.outcomes
    assert.deepEqual([first?.cost?.total, first?.usage?.prompt_tokens], [42, 40])
    assert.deepEqual([second?.cost, second?.usage], [undefined, undefined])
  })

  it('told all that it refers to and only we keep', async () => {
    const up = await opened(scripted({ status: 404, chunks: ['{}'] }, { chunks: answer('It is sunny.') }, given(TEXT)))
    const gate = await opened(open(target(up.url, { override_params: { user: 'u' } })))
    const client = new OpenAI({ apiKey: 'k', maxRetries: 0, ...gate.sdk })
    const { id } = await client.responses.create({ model: 'm', input: 'hi' })
    await client.responses.compact({ model: 'm', previous_response_id: id })
    const { input, previous_response_id, user } = JSON.parse(up.requests[2]?.body ?? '')
    // What the config says for chats is not for this.
    assert.deepEqual([previous_response_id, user], [undefined, undefined])
    assert.deepEqual(input[0], { role: 'user', content: 'hi' })
    assert.match(JSON.stringify(input[1]), /It is sunny/)
  })
})
