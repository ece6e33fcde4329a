import assert from 'node:assert/strict'
import { chat, HELLO } from '../helpers/client.ts'
import { cleanup, fallback, gateway, target } from '../helpers/gateway.ts'
import { seeded } from '../helpers/random.ts'
import { FIELDS, refusing } from '../helpers/refusing.ts'
import { answer, scripted } from '../helpers/upstream.ts'

type Json = Record<string, unknown>

// ------------------------------------------------------------------------------------------------- words

const openai = (param: string, message = `Unsupported parameter: '${param}' is not supported with this model.`) => ({
  error: { message, type: 'invalid_request_error', param, code: 'unsupported_parameter' },
})
const unrecognized = (param: string) => ({
  error: {
    message: `Unrecognized request argument supplied: ${param}`,
    type: 'invalid_request_error',
    param: null,
    code: null,
  },
})
const foundry = (param: string) => ({
  error: {
    code: 'Invalid input',
    message: 'invalid input error',
    status: 422,
    details: [{ type: 'extra_forbidden', loc: ['body', param], msg: 'Extra inputs are not permitted' }],
  },
})
const mistral = (...loc: (string | number)[]) => ({
  object: 'error',
  message: { detail: [{ type: 'extra_forbidden', loc: ['body', ...loc], msg: 'Extra inputs are not permitted' }] },
  type: 'invalid_request_error',
})
const groq = (message: string) => ({ error: { message, type: 'invalid_request_error' } })
const anthropic = (message: string) => ({ type: 'error', error: { type: 'invalid_request_error', message } })
const gemini = (message: string) => ({ error: { code: 400, message, status: 'INVALID_ARGUMENT' } })
const bedrock = (field: string) => ({
  message: `This model doesn't support the ${field} field. Remove ${field} and try again.`,
})

const tools = [{ type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } }]
const user = { role: 'user', content: 'hi' }
/** Whether a field stands anywhere in a body. */
const anywhere = (name: string) => (body: Json) => JSON.stringify(body).includes(`"${name}":`)
const field = (name: string) => (body: Json) => body[name] !== undefined
const message = (test: (message: Json) => unknown) => (body: Json) => (body.messages as Json[]).some(test)

interface Case {
  provider: string
  /** What is asked for. */
  request: Json
  refused: (body: Json) => unknown
  error: Json
  status?: number
  /** Named in the header; nothing for what has another name only. */
  dropped?: string
}

const CASES: readonly Case[] = [
  { provider: 'openai', request: { stop: 'x' }, refused: field('stop'), error: openai('stop'), dropped: 'stop' },
  {
    provider: 'openai',
    request: { tools, parallel_tool_calls: false },
    refused: field('parallel_tool_calls'),
    error: openai('parallel_tool_calls'),
    dropped: 'parallel_tool_calls',
  },
  {
    provider: 'openai',
    request: { temperature: 0.2 },
    refused: field('temperature'),
    error: openai(
      'temperature',
      "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is supported.",
    ),
    dropped: 'temperature',
  },
  {
    provider: 'openai',
    request: { top_p: 0.2 },
    refused: field('top_p'),
    error: unrecognized('top_p'),
    dropped: 'top_p',
  },
  {
    provider: 'openai',
    request: { presence_penalty: 1 },
    refused: field('presence_penalty'),
    error: openai('presence_penalty'),
    dropped: 'presence_penalty',
  },
  {
    provider: 'openai',
    request: { frequency_penalty: 1 },
    refused: field('frequency_penalty'),
    error: openai('frequency_penalty'),
    dropped: 'frequency_penalty',
  },
  { provider: 'openai', request: { n: 1 }, refused: field('n'), error: unrecognized('n') },
  {
    provider: 'openai',
    request: { reasoning_effort: 'minimal' },
    refused: (body) => body.reasoning_effort === 'minimal',
    error: openai(
      'reasoning_effort',
      "Unsupported value: 'reasoning_effort' does not support 'minimal' with this model. Supported values are: 'none', 'low', 'medium', and 'high'.",
    ),
    dropped: 'reasoning_effort',
  },
  {
    provider: 'openai',
    request: { verbosity: 'low' },
    refused: (body) => body.verbosity === 'low',
    error: openai(
      'verbosity',
      "Unsupported value: 'low' is not supported with the 'x' model. Supported values are: 'medium'.",
    ),
    dropped: 'verbosity',
  },
  {
    provider: 'openai',
    request: { prompt_cache_retention: '24h' },
    refused: field('prompt_cache_retention'),
    error: openai('prompt_cache_retention'),
    dropped: 'prompt_cache_retention',
  },
  {
    provider: 'openai',
    request: { max_tokens: 5 },
    refused: field('max_tokens'),
    error: openai(
      'max_tokens',
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
    ),
  },
  {
    provider: 'openai',
    request: { max_completion_tokens: 64_000 },
    refused: (body) => Number(body.max_completion_tokens) > 16_384,
    error: openai(
      'max_tokens',
      'max_tokens is too large: 64000. This model supports at most 16384 completion tokens, whereas you provided 64000.',
    ),
  },
  {
    provider: 'openai',
    request: { store: true },
    refused: field('store'),
    error: unrecognized('store'),
    dropped: 'store',
  },
  { provider: 'openai', request: { seed: 7 }, refused: field('seed'), error: openai('seed'), dropped: 'seed' },
  {
    provider: 'openai',
    request: { logit_bias: { 1: 1 } },
    refused: field('logit_bias'),
    error: openai('logit_bias'),
    dropped: 'logit_bias',
  },
  {
    provider: 'openai',
    request: { enable_thinking: true },
    refused: field('enable_thinking'),
    error: unrecognized('enable_thinking'),
    dropped: 'enable_thinking',
  },
  { provider: 'openai', request: {}, refused: field('stream_options'), error: unrecognized('stream_options') },
  {
    provider: 'openai',
    request: { messages: [{ role: 'developer', content: 'brief' }, user] },
    refused: message(({ role }) => role === 'developer'),
    error: openai(
      'messages[0].role',
      "Unsupported value: 'messages[0].role' does not support 'developer' with this model.",
    ),
  },
  {
    provider: 'azure-openai',
    request: { max_completion_tokens: 5 },
    refused: field('max_completion_tokens'),
    error: foundry('max_completion_tokens'),
    status: 422,
  },
  {
    provider: 'azure-openai',
    request: { prompt_cache_key: 'k' },
    refused: field('prompt_cache_key'),
    error: foundry('prompt_cache_key'),
    status: 422,
    dropped: 'prompt_cache_key',
  },
  {
    provider: 'azure-openai',
    request: { user: 'u' },
    refused: field('user'),
    error: foundry('user'),
    status: 422,
    dropped: 'user',
  },
  {
    provider: 'mistral-ai',
    request: { prompt_cache_key: 'k' },
    refused: field('prompt_cache_key'),
    error: mistral('prompt_cache_key'),
    status: 422,
    dropped: 'prompt_cache_key',
  },
  {
    provider: 'mistral-ai',
    request: { seed: 7 },
    refused: field('random_seed'),
    error: mistral('random_seed'),
    status: 422,
    dropped: 'seed',
  },
  {
    provider: 'together-ai',
    request: { tools, response_format: { type: 'json_object' } },
    refused: field('response_format'),
    error: groq('json mode cannot be combined with tool/function calling'),
    dropped: 'response_format',
  },
  {
    provider: 'groq',
    request: { user: 'u' },
    refused: field('user'),
    error: groq("property 'user' is unsupported"),
    dropped: 'user',
  },
  {
    provider: 'groq',
    request: {
      model: 'openai/gpt-oss-20b',
      messages: [user, { role: 'assistant', content: 'a', reasoning_content: 'b' }, user],
    },
    refused: message(({ reasoning }) => reasoning),
    error: groq(
      "'messages.1' : for 'role:assistant' the following must be satisfied[('messages.1' : property 'reasoning' is unsupported)]",
    ),
    dropped: 'reasoning_content',
  },
  {
    provider: 'together-ai',
    request: { logprobs: true },
    refused: field('logprobs'),
    error: openai('logprobs', 'logprobs is not supported for this model'),
    dropped: 'logprobs',
  },
  {
    provider: 'anthropic',
    request: { top_p: 0.5 },
    refused: field('top_p'),
    error: anthropic('`top_p` is deprecated for this model.'),
    dropped: 'top_p',
  },
  {
    provider: 'anthropic',
    request: { top_k: 5 },
    refused: field('top_k'),
    error: anthropic('top_k: Extra inputs are not permitted'),
    dropped: 'top_k',
  },
  {
    provider: 'bedrock',
    request: { stop: 'x' },
    refused: anywhere('stopSequences'),
    error: bedrock('stopSequences'),
    dropped: 'stop',
  },
  {
    provider: 'bedrock',
    request: { temperature: 0.2 },
    refused: anywhere('temperature'),
    error: bedrock('temperature'),
    dropped: 'temperature',
  },
  {
    provider: 'google',
    request: { presence_penalty: 0.5 },
    refused: anywhere('presencePenalty'),
    error: gemini('Penalty is not enabled for this model'),
    dropped: 'presence_penalty',
  },
  {
    provider: 'google',
    request: { seed: 7 },
    refused: anywhere('seed'),
    error: gemini('Invalid JSON payload received. Unknown name "seed" at \'generation_config\': Cannot find field.'),
    dropped: 'seed',
  },
  {
    provider: 'cohere',
    request: { frequency_penalty: 0.5 },
    refused: field('frequency_penalty'),
    error: { message: 'frequency_penalty is not supported by this model' },
    dropped: 'frequency_penalty',
  },
]

describe('a provider that refuses a parameter', () => {
  const opened = cleanup()

  for (const { provider: name, request, refused, error, status, dropped } of CASES) {
    it(`${name}: ${JSON.stringify(request)}`, async () => {
      const up = await opened(scripted(refusing(name, refused, error, status)))
      const gate = await opened(gateway(target(up.url, { provider: name, ...FIELDS[name], override_params: {} })))
      for (const calls of [2, 3]) {
        const { status: answered, text, finish, headers } = await chat(gate.url, { ...HELLO, ...request })
        assert.deepEqual([answered, text, finish.at(-1)], [200, 'fine', 'stop'])
        assert.equal(headers['x-streamgate-dropped-params'], dropped)
        assert.equal(headers['x-streamgate-attempts'], '1')
        assert.equal(up.requests.length, calls, 'one call more for the first request, none for the second')
      }
    })
  }

  it('is asked for nothing else than without the parameter', async () => {
    const random = seeded('refusals')
    const params = {
      stop: ['x'],
      temperature: 0.5,
      top_p: 0.5,
      seed: 1,
      user: 'u',
      presence_penalty: 1,
      verbosity: 'low',
    }
    for (let round = 0; round < 60; round += 1) {
      const asked = Object.entries(params).filter(() => random() < 0.6)
      const [param] = asked[Math.floor(random() * asked.length)] ?? []
      if (param === undefined) continue
      const up = await opened(scripted(refusing('openai', field(param), openai(param))))
      const gate = await opened(gateway(target(up.url)))
      assert.equal((await chat(gate.url, { ...HELLO, ...Object.fromEntries(asked) })).text, 'fine')
      const [first, second] = up.requests.map(({ body }) => JSON.parse(body) as Json)
      assert(first !== undefined && second !== undefined)
      delete first[param]
      assert.deepEqual(second, first, `${asked.map(([name]) => name)} without ${param}`)
    }
  })

  it('is asked three times more at most', async () => {
    const params = ['stop', 'seed', 'user', 'store']
    const rejects = (body: Json) => params.find((param) => body[param] !== undefined)
    const up = await opened(
      scripted((_req, res, { body }) => {
        const param = rejects(JSON.parse(body) as Json)
        assert(param !== undefined)
        res.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify(openai(param)))
      }),
    )
    const gate = await opened(gateway(target(up.url)))
    const answered = await chat(gate.url, { ...HELLO, stop: 'x', seed: 1, user: 'u', store: true })
    assert.deepEqual([answered.status, up.requests.length], [400, 4])
    assert.match(answered.body, /'store' is not supported/)
  })

  it('is believed once a parameter', async () => {
    const up = await opened(scripted(refusing('openai', () => true, openai('stop'))))
    const gate = await opened(gateway(target(up.url)))
    for (const calls of [2, 4]) {
      assert.equal((await chat(gate.url, { ...HELLO, stop: 'x' })).status, 400)
      assert.equal(up.requests.length, calls, 'nothing was learned')
    }
  })

  const needed: [string, Json, Json][] = [
    ['several answers', { n: 3 }, unrecognized('n')],
    ['a forced tool', { tools, tool_choice: { type: 'function', function: { name: 'f' } } }, openai('tool_choice')],
    ['a schema', { response_format: { type: 'json_schema', json_schema: { name: 'x' } } }, openai('response_format')],
    ['the tools', { tools }, openai('tools')],
    ['the messages', {}, openai('messages')],
  ]
  for (const [title, request, error] of needed) {
    it(`is not asked without ${title}`, async () => {
      const up = await opened(scripted(refusing('openai', () => true, error)))
      const other = await opened(scripted({ chunks: answer('other') }))
      const gate = await opened(gateway(fallback(target(up.url), target(other.url))))
      assert.equal((await chat(gate.url, { ...HELLO, ...request })).text, 'other')
      assert.equal(up.requests.length, 1)
    })
  }

  it('costs no retry and no attempt, and is in the log once', async () => {
    const logged: unknown[] = []
    const logger = { error: () => {}, info: (line: unknown) => logged.push(line) }
    const up = await opened(scripted(refusing('openai', field('stop'), openai('stop'))))
    const gate = await opened(gateway(target(up.url), { logger }))
    for (let request = 0; request < 3; request += 1) await chat(gate.url, { ...HELLO, stop: 'x' })
    assert.deepEqual(
      gate.attempts.map(({ outcome }) => outcome),
      ['whole', 'whole', 'whole'],
    )
    assert.deepEqual(
      logged.filter((line) => /refuses/.test(String(line))),
      ['openai: m refuses stop; for an hour it is asked without.'],
    )
  })

  it('is remembered by host and model', async () => {
    const up = await opened(scripted(refusing('openai', field('stop'), openai('stop'))))
    const other = await opened(scripted({ chunks: answer('fine') }))
    const gate = await opened(gateway(fallback(target(up.url), target(other.url))))
    await chat(gate.url, { ...HELLO, stop: 'x' })
    await chat(gate.url, { ...HELLO, model: 'another', stop: 'x' })
    assert.equal(up.requests.length, 4)
  })

  it('has the time of one attempt for it', async () => {
    const refuses = refusing('openai', field('stop'), openai('stop'))
    const up = await opened(scripted(refuses, { chunks: [], finish: 'hang' }))
    const gate = await opened(gateway(target(up.url, { request_timeout: 300 })))
    const { status, body } = await chat(gate.url, { ...HELLO, stop: 'x' })
    assert.deepEqual([status, up.requests.length], [504, 2])
    assert.match(body, /request_timeout/)
  })

  for (const stream of [true, false]) {
    it(`is asked for its whole answer where it refuses to stream, with stream: ${stream}`, async () => {
      const message = { role: 'assistant', content: 'fine' }
      const completion = {
        id: 'c',
        object: 'chat.completion',
        model: 'm',
        choices: [{ index: 0, message, finish_reason: 'stop' }],
      }
      const refusal = openai('stream', 'Your organization must be verified to stream this model.')
      const up = await opened(
        scripted((_req, res, { body }) => {
          const streamed = (JSON.parse(body) as Json).stream === true
          res.writeHead(streamed ? 400 : 200, { 'content-type': 'application/json' })
          res.end(JSON.stringify(streamed ? refusal : completion))
        }),
      )
      const gate = await opened(gateway(target(up.url)))
      for (const calls of [2, 3]) {
        const { status, body } = await chat(gate.url, { ...HELLO, stream })
        assert.equal(status, 200)
        assert.match(body, /fine/)
        assert.equal(up.requests.length, calls)
      }
      assert.equal(up.requests.at(-1)?.body.includes('stream_options'), false)
    })
  }

  it('is known to the retry after a cut', async () => {
    const whole = answer('one ', 'two ', 'three')
    const refuses = refusing('openai', field('stop'), openai('stop'))
    const up = await opened(scripted(refuses, { chunks: whole.slice(0, 3), finish: 'cut' }, { chunks: whole }))
    const gate = await opened(gateway({ ...target(up.url), retry: { attempts: 1 } }))
    const { text, done } = await chat(gate.url, { ...HELLO, stop: 'x' })
    assert.deepEqual([text, done, up.requests.length], ['one two three', true, 3])
  })
})
