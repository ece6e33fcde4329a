import assert from 'node:assert/strict'
import { cleanup, fallback, gateway, target } from '../helpers/gateway.ts'
import { message } from '../helpers/messages.ts'
import { type Reply, scripted } from '../helpers/upstream.ts'

describe('the tokens of a Messages request', () => {
  const opened = cleanup()

  async function count(body: unknown, path = '/v1/messages/count_tokens?beta=true') {
    const { url } = await opened(gateway(target('http://127.0.0.1:1')))
    return message(url, body, {}, path)
  }

  it('are estimated, which is told', async () => {
    const { status, headers, body } = await count({
      model: 'm',
      messages: [{ role: 'user', content: 'four' }],
      tools: [],
    })
    assert.equal(status, 200)
    assert.equal(headers['x-streamgate-estimated'], 'true')
    assert.deepEqual(JSON.parse(body), { input_tokens: 5 })
  })

  const ANTHROPIC = { provider: 'anthropic', api_key: 'sk-own', override_params: { model: 'claude-sonnet-5' } }
  const BODY = {
    model: 'm',
    messages: [{ role: 'user', content: 'four' }],
    tools: [{ type: 'web_search_20250305', name: 'web_search' }],
    thinking: { type: 'adaptive' },
  }

  it("are Anthropic's own count, where it would be asked", async () => {
    const upstream = await opened(
      scripted({ headers: { 'content-type': 'application/json' }, chunks: ['{"input_tokens":42}'] }),
    )
    const { url } = await opened(gateway({ ...ANTHROPIC, custom_host: `${upstream.url}/v1` }))
    const { headers, body } = await message(url, BODY, { 'anthropic-beta': 'a-1' }, '/v1/messages/count_tokens')
    assert.deepEqual([JSON.parse(body), headers['x-streamgate-estimated']], [{ input_tokens: 42 }, undefined])
    const [sent] = upstream.requests
    assert.equal(sent?.url, '/v1/messages/count_tokens')
    assert.deepEqual(JSON.parse(sent?.body ?? ''), { ...BODY, model: 'claude-sonnet-5' })
    assert.deepEqual([sent?.headers['anthropic-beta'], sent?.headers['x-api-key']], ['a-1', 'sk-own'])
  })

  const failures: [name: string, reply: Reply][] = [
    ['it fails', { status: 529, chunks: ['{}'] }],
    ['it says nothing', { chunks: ['{}'] }],
    ['it cannot be read', { chunks: ['<html>'] }],
    ['it breaks off', { finish: 'cut' }],
    ['it is not there', { reset: 'before' }],
  ]
  for (const [name, reply] of failures) {
    it(`are estimated where ${name}`, async () => {
      const upstream = await opened(scripted(reply))
      const { url } = await opened(gateway({ ...ANTHROPIC, custom_host: upstream.url }))
      const { status, headers } = await message(url, BODY, {}, '/v1/messages/count_tokens')
      assert.deepEqual([status, headers['x-streamgate-estimated']], [200, 'true'])
    })
  }

  const CLAUDE = {
    model: 'claude-sonnet-4-5',
    messages: BODY.messages,
    thinking: { type: 'enabled', budget_tokens: 2048 },
  }
  const counting = (answer: object): Reply => ({
    headers: { 'content-type': 'application/json' },
    chunks: [JSON.stringify(answer)],
  })
  async function countedBy(target: Record<string, unknown>, reply: Reply, body: unknown = CLAUDE) {
    const upstream = await opened(scripted(reply))
    const { url } = await opened(gateway({ api_key: 'sk-own', ...target, custom_host: upstream.url }))
    const headers = { 'anthropic-beta': 'context-management-2025-06-27,claude-code-20250219' }
    const answer = await message(url, body, headers, '/v1/messages/count_tokens')
    const [sent] = upstream.requests
    return { ...answer, counted: JSON.parse(answer.body), sent, asked: JSON.parse(sent?.body || 'null') }
  }

  it('are counted by Vertex AI for its Claude, at one place for all of its models', async () => {
    const place = { vertex_project_id: 'p', vertex_region: 'us-east5' }
    const target = { provider: 'vertex-ai', anthropic_beta: 'own-2025-01-01', ...place }
    const { counted, headers, sent, asked } = await countedBy(target, counting({ input_tokens: 42 }))
    assert.deepEqual([counted, headers['x-streamgate-estimated']], [{ input_tokens: 42 }, undefined])
    const path = '/v1/projects/p/locations/us-east5/publishers/anthropic/models/count-tokens:rawPredict'
    assert.equal(sent?.url, path)
    assert.deepEqual(asked, { anthropic_version: 'vertex-2023-10-16', ...CLAUDE })
    // It takes none, whoever names them: anthropics/claude-code#11154.
    assert.deepEqual([sent?.headers.authorization, sent?.headers['anthropic-beta']], ['Bearer sk-own', undefined])
  })

  const BEDROCK = { provider: 'bedrock', aws_access_key_id: 'AKIA', aws_secret_access_key: 'secret' }
  const aws_region = 'eu-west-1'
  const SONNET = 'anthropic.claude-sonnet-4-5-20250929-v1:0'
  const ids: [name: string, target: Record<string, unknown>][] = [
    ['the model itself', { aws_region, override_params: { model: SONNET } }],
    ["a region's profile", { aws_region, override_params: { model: `eu.${SONNET}` } }],
    [
      "a profile's ARN, whose region counts",
      {
        override_params: { model: `arn:aws:bedrock:eu-west-1:1:inference-profile/global.${SONNET}` },
      },
    ],
    [
      'an ARN that does not say which it is',
      { base_model: SONNET, override_params: { model: 'arn:aws:bedrock:eu-west-1:1:application-inference-profile/x' } },
    ],
    ['whichever API chats go by', { aws_region, bedrock_api: 'invoke', override_params: { model: SONNET } }],
  ]
  for (const [name, target] of ids) {
    it(`are counted by Bedrock for its Claude, by the id of the model: ${name}`, async () => {
      const { counted, sent, asked } = await countedBy({ ...BEDROCK, ...target }, counting({ inputTokens: 42 }))
      assert.deepEqual(counted, { input_tokens: 42 })
      assert.match(String(sent?.headers.authorization), /AKIA\/\d+\/eu-west-1\/bedrock/)
      assert.equal(sent?.url, `/model/${encodeURIComponent(SONNET)}/count-tokens`)
      const { anthropic_version, anthropic_beta, max_tokens, ...rest } = JSON.parse(
        Buffer.from(asked.input.invokeModel.body, 'base64').toString(),
      )
      assert.deepEqual([anthropic_version, anthropic_beta], ['bedrock-2023-05-31', ['context-management-2025-06-27']])
      // It is demanded, and has to be more than what may be thought.
      assert.equal(max_tokens, 2049)
      const { model: _, ...others } = CLAUDE
      assert.deepEqual(rest, others)
    })
  }

  const uncounted: [name: string, target: Record<string, unknown>][] = [
    [
      "an ARN of Bedrock's that does not say which model it is",
      { ...BEDROCK, override_params: { model: 'arn:aws:bedrock:eu-west-1:1:application-inference-profile/x' } },
    ],
    ['another model of Bedrock’s', { ...BEDROCK, override_params: { model: 'amazon.nova-pro-v1:0' } }],
    [
      'Gemini on Vertex AI',
      { provider: 'vertex-ai', vertex_project_id: 'p', override_params: { model: 'gemini-3-pro' } },
    ],
    [
      'a model that Vertex AI has not',
      { provider: 'vertex-ai', vertex_project_id: 'p', override_params: { model: 'gpt-5' } },
    ],
  ]
  for (const [name, target] of uncounted) {
    it(`are estimated, and nobody is asked, for ${name}`, async () => {
      const { status, headers, sent } = await countedBy(target, counting({ input_tokens: 1, inputTokens: 1 }))
      assert.deepEqual([status, headers['x-streamgate-estimated'], sent], [200, 'true', undefined])
    })
  }

  it('are counted by the next target where one fails, with its other key first; who cannot count is passed over', async () => {
    const upstream = await opened(
      scripted({ status: 401, chunks: ['{}'] }, { status: 500, chunks: ['{}'] }, counting({ input_tokens: 7 })),
    )
    const { api_key: _, ...keyed } = { ...ANTHROPIC, custom_host: upstream.url, api_keys: ['sk-1', 'sk-2'] }
    const targets = [
      target(upstream.url),
      { ...keyed, name: 'first' },
      { ...ANTHROPIC, custom_host: upstream.url, name: 'second' },
    ]
    const gate = await opened(gateway(fallback(...targets), { metadata: () => ({ team: 'x' }) }))
    const { body, headers } = await message(gate.url, BODY, {}, '/v1/messages/count_tokens')
    assert.deepEqual([JSON.parse(body), headers['x-streamgate-estimated']], [{ input_tokens: 7 }, undefined])
    assert.deepEqual(
      gate.attempts.map(({ target: name, key, reason, operation }) => [name, key, reason, operation]),
      [
        ['first', '1', 'first', 'count_tokens'],
        ['first', '2', 'other-key', 'count_tokens'],
        ['second', undefined, 'fallback', 'count_tokens'],
      ],
    )
    assert.deepEqual(
      upstream.requests.map((sent) => sent.headers['x-api-key']),
      ['sk-1', 'sk-2', 'sk-own'],
    )
    const { dialect, operation, outcome, metadata, cost } = await gate.finished()
    assert.deepEqual([dialect, operation, outcome, cost], ['messages', 'count_tokens', 'whole', undefined])
    assert.deepEqual(metadata, { team: 'x' })
  })

  it('are estimated where a target says nothing in time, which is less than a chat has', async () => {
    const upstream = await opened(scripted({ finish: 'hang', chunks: [] }))
    const gate = await opened(gateway({ ...ANTHROPIC, custom_host: upstream.url, total_timeout: 50 }))
    const { headers } = await message(gate.url, BODY, {}, '/v1/messages/count_tokens')
    assert.equal(headers['x-streamgate-estimated'], 'true')
    assert.equal(gate.attempts[0]?.failure?.kind, 'timeout')
    const { outcome, target: who, attempts } = await gate.finished()
    assert.deepEqual([outcome, who, attempts], ['whole', undefined, 1])
  })

  const endless: [name: string, limits: object, body: object][] = [
    ['messages', { maxMessages: 2 }, { messages: Array(3).fill(BODY.messages[0]) }],
    [
      'parts',
      { maxMessages: 2 },
      { messages: [{ role: 'user', content: Array(3).fill({ type: 'text', text: 'a' }) }] },
    ],
    ['tools', { maxTools: 2 }, { tools: Array.from('abc', (name) => ({ name, input_schema: {} })) }],
    ['values', { maxRequestValues: 50 }, { metadata: { a: Array(60).fill(1) } }],
    ['text', { maxTextBytes: 50 }, { system: 'a'.repeat(60) }],
    ['bytes', { maxRequestBytes: 50 }, { system: 'a'.repeat(60) }],
  ]
  for (const [name, limits, more] of endless) {
    it(`have the limits of a request: ${name}`, async () => {
      const { url } = await opened(gateway(target('http://127.0.0.1:1'), { limits }))
      const body = { model: 'm', messages: [{ role: 'user', content: 'a' }], ...more }
      const counted = await message(url, body, {}, '/v1/messages/count_tokens')
      const asked = await message(url, { max_tokens: 9, ...body })
      assert.ok([400, 413].includes(counted.status), counted.body)
      assert.equal(counted.status, asked.status)
      const words = (text: string) => JSON.parse(text).error
      if (!/bytes/.test(counted.body)) assert.deepEqual(words(counted.body), words(asked.body))
    })
  }

  it('are not counted of a wrong one', async () => {
    const { status, body, headers } = await count({ model: 'm' }, '/messages/count_tokens')
    const error = JSON.parse(body) as { error: { type: string; message: string }; request_id: string }
    assert.deepEqual([status, error.error.type], [400, 'invalid_request_error'])
    assert.match(error.error.message, /'messages'/)
    assert.equal(error.request_id, headers['request-id'])
    assert.equal((await count('{')).status, 400)
  })
})
