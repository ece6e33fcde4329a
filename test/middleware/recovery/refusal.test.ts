import assert from 'node:assert/strict'
import { UpstreamError } from '../../../lib/errors.ts'
import type { Refusal } from '../../../lib/middleware/recovery/fitted-request.ts'
import { refusalsIn } from '../../../lib/middleware/recovery/refusal.ts'
import { providers } from '../../../lib/providers/index.ts'
import type { ChatRequest } from '../../../lib/types/chat.ts'
import { ask, recordings } from '../../helpers/openai-family.ts'

/** What a provider answers with, read as an attempt reads it. */
function failureOf(provider: string, status: number, body: unknown): UpstreamError {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const api = providers[provider]?.error(status, text)
  assert(api !== undefined)
  return new UpstreamError('status', api, { status })
}

const openai = (message: string, param: string | null = null, code: string | null = null) => ({
  error: { message, type: 'invalid_request_error', param, code },
})
const azure = (param: string) => ({
  error: {
    code: 'Invalid input',
    status: 422,
    message: 'invalid input error',
    details: [{ type: 'extra_forbidden', loc: ['body', param], msg: 'Extra inputs are not permitted', input: 1 }],
  },
})
const mistral = (...loc: (string | number)[]) => ({
  object: 'error',
  message: { detail: [{ type: 'extra_forbidden', loc: ['body', ...loc], msg: 'Extra inputs are not permitted' }] },
  type: 'invalid_request_error',
  param: null,
  code: null,
})
const groq = (message: string) => ({ error: { message, type: 'invalid_request_error' } })
const anthropic = (message: string) => ({ type: 'error', error: { type: 'invalid_request_error', message } })
const gemini = (message: string) => ({ error: { code: 400, message, status: 'INVALID_ARGUMENT' } })
const bedrock = (message: string) => ({ message })

const tools: ChatRequest['tools'] = [{ type: 'function', function: { name: 'get_weather' } }]
const messages = (...more: unknown[]) => [...more, { role: 'user', content: 'Hi' }] as ChatRequest['messages']
const thought = messages({ role: 'assistant', content: 'a', reasoning_content: 'because' })
const signed = messages({
  role: 'assistant',
  tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' }, state: 'sig' }],
})

const UNREASONED: Refusal = { param: 'reasoning_effort', beside: 'tools', instead: { type: 'set', value: 'none' } }
const gone = (param: string, beside?: string): Refusal => ({
  param,
  ...(beside !== undefined && { beside }),
  instead: { type: 'left-out' },
})
const oneOf = (param: string, ...values: (string | number)[]): Refusal => ({
  param,
  instead: { type: 'one-of', values },
})
const atMost = (param: string, value: number): Refusal => ({ param, instead: { type: 'at-most', value } })

/** Words of the providers; sources: the recorded error bodies, the wire tables, and the reports named in docs/providers.md. */
const WORDS: [provider: string, body: unknown, request: Partial<ChatRequest>, expected: Refusal[], status?: number][] =
  [
    // OpenAI
    [
      'openai',
      openai(
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        'max_tokens',
        'unsupported_parameter',
      ),
      { max_tokens: 5 },
      [gone('max_tokens')],
    ],
    [
      'openai',
      openai("Unsupported parameter: 'stop' is not supported with this model.", 'stop', 'unsupported_parameter'),
      { stop: 'x' },
      [gone('stop')],
    ],
    [
      'openai',
      openai(
        "Unsupported parameter: 'parallel_tool_calls' is not supported with this model.",
        'parallel_tool_calls',
        'unsupported_parameter',
      ),
      { tools, parallel_tool_calls: false },
      [gone('parallel_tool_calls')],
    ],
    [
      'openai',
      openai(
        "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is supported.",
        'temperature',
        'unsupported_value',
      ),
      { temperature: 0.2 },
      [oneOf('temperature', 1)],
    ],
    [
      'openai',
      openai(
        "Unsupported value: 'reasoning_effort' does not support 'minimal' with this model. Supported values are: 'none', 'low', 'medium', and 'high'.",
        'reasoning_effort',
        'unsupported_value',
      ),
      { reasoning_effort: 'minimal' },
      [oneOf('reasoning_effort', 'none', 'low', 'medium', 'high')],
    ],
    [
      'openai',
      openai(
        "Unsupported value: 'minimal' is not supported with the 'gpt-5.1' model. Supported values are: 'none', 'low', 'medium', and 'high'.",
        'reasoning.effort',
        'unsupported_value',
      ),
      { reasoning_effort: 'minimal' },
      [oneOf('reasoning_effort', 'none', 'low', 'medium', 'high')],
    ],
    [
      'openai',
      openai(
        "Unsupported value: 'low' is not supported with the 'gpt-4.1' model. Supported values are: 'medium'.",
        'verbosity',
        'unsupported_value',
      ),
      { verbosity: 'low' },
      [oneOf('verbosity', 'medium')],
    ],
    [
      'openai',
      openai('Unrecognized request argument supplied: reasoning_effort'),
      { reasoning_effort: 'high' },
      [gone('reasoning_effort')],
    ],
    ['openai', openai('Model incompatible request argument supplied: n'), { n: 1 }, [gone('n')]],
    [
      'openai',
      openai("Unknown parameter: 'prompt_cache_retention'.", 'prompt_cache_retention', 'unknown_parameter'),
      { prompt_cache_retention: '24h' },
      [gone('prompt_cache_retention')],
    ],
    [
      'openai',
      openai(
        'Function tools with reasoning_effort are not supported for gpt-5.4 in /v1/chat/completions. Please use /v1/responses instead.',
        'reasoning_effort',
      ),
      { tools, reasoning_effort: 'high' },
      [UNREASONED],
    ],
    [
      'openai',
      openai(
        "Unsupported value: 'messages[0].role' does not support 'developer' with this model.",
        'messages[0].role',
        'unsupported_value',
      ),
      { messages: messages({ role: 'developer', content: 'x' }) },
      [gone('developer')],
    ],
    [
      'openai',
      openai(
        "Unsupported value: 'messages[0].role' does not support 'system' with this model.",
        'messages[0].role',
        'unsupported_value',
      ),
      { messages: messages({ role: 'system', content: 'x' }) },
      [gone('system')],
    ],
    [
      'openai',
      openai(
        'Your organization must be verified to stream this model. Please go to: https://platform.openai.com/settings',
        'stream',
        'unsupported_value',
      ),
      {},
      [gone('stream')],
    ],
    [
      'openai',
      openai(
        'max_tokens is too large: 100000. This model supports at most 16384 completion tokens, whereas you provided 100000.',
        'max_tokens',
        'invalid_value',
      ),
      { max_tokens: 100000 },
      [atMost('max_tokens', 16384)],
    ],
    // Servers that copied it
    [
      'openai',
      { error: 'Model grok-4-latest does not support parameter reasoningEffort.' },
      { reasoning_effort: 'low' },
      [gone('reasoning_effort')],
    ],
    [
      'openai',
      openai('invalid temperature: only 1 is allowed for this model'),
      { temperature: 0.5 },
      [oneOf('temperature', 1)],
    ],
    [
      'openai',
      openai(
        'Failed to deserialize the JSON body into the target type: messages[0].role: unknown variant `developer`, expected one of `system`, `user`, `assistant`, `tool` at line 1',
      ),
      { messages: messages({ role: 'developer', content: 'x' }) },
      [gone('developer')],
    ],
    [
      'openai',
      openai('System role not supported'),
      { messages: messages({ role: 'system', content: 'x' }) },
      [gone('system')],
    ],
    // Azure
    ['azure-openai', azure('prompt_cache_key'), { prompt_cache_key: 'k' }, [gone('prompt_cache_key')], 422],
    [
      'azure-openai',
      azure('max_completion_tokens'),
      { max_completion_tokens: 5 },
      [gone('max_completion_tokens')],
      422,
    ],
    [
      'azure-openai',
      openai('Extra inputs are not permitted: max_completion_tokens'),
      { max_completion_tokens: 5 },
      [gone('max_completion_tokens')],
    ],
    [
      'azure-openai',
      openai("Input should be 'system', 'user', 'assistant' or 'tool'"),
      { messages: messages({ role: 'developer', content: 'x' }) },
      [gone('developer')],
    ],
    // Mistral
    ['mistral-ai', mistral('metadata'), { metadata: { a: 'b' } }, [gone('metadata')], 422],
    [
      'mistral-ai',
      { object: 'error', message: JSON.stringify(mistral('frequency_penalty').message), code: '1000' },
      { frequency_penalty: 1 },
      [gone('frequency_penalty')],
      422,
    ],
    [
      'mistral-ai',
      mistral('messages', 1, 'assistant', 'reasoning_content'),
      { messages: thought },
      [gone('reasoning_content')],
      422,
    ],
    [
      'mistral-ai',
      {
        object: 'error',
        message: 'Logprobs are not enabled for this model',
        type: 'invalid_request_invalid_args',
        code: '3051',
      },
      { logprobs: true },
      [gone('logprobs')],
    ],
    [
      'mistral-ai',
      {
        object: 'error',
        message: "Unsupported reasoning_effort value 'medium' for this model. Supported values: ['low', 'high', 'max']",
        code: '3051',
      },
      { reasoning_effort: 'medium' },
      [oneOf('reasoning_effort', 'low', 'high', 'max')],
    ],
    // Groq
    [
      'groq',
      groq("property 'reasoning_effort' is unsupported, did you mean 'reasoning_format'?"),
      { reasoning_effort: 'high' },
      [gone('reasoning_effort')],
    ],
    [
      'groq',
      groq('`reasoning_effort` is not supported with this model'),
      { reasoning_effort: 'high' },
      [gone('reasoning_effort')],
    ],
    [
      'groq',
      groq('`reasoning_effort` must be one of `none` or `default`'),
      { reasoning_effort: 'high' },
      [oneOf('reasoning_effort', 'none', 'default')],
    ],
    [
      'groq',
      groq("'reasoning_effort' : value is not one of the allowed values ['none','default','low','medium','high']"),
      { reasoning_effort: 'xhigh' },
      [oneOf('reasoning_effort', 'none', 'default', 'low', 'medium', 'high')],
    ],
    [
      'groq',
      groq(
        "'messages.1' : for 'role:assistant' the following must be satisfied[('messages.1' : property 'reasoning_content' is unsupported)]",
      ),
      { messages: thought },
      [gone('reasoning_content')],
    ],
    [
      'groq',
      groq('json mode cannot be combined with tool/function calling'),
      { tools, response_format: { type: 'json_object' } },
      [gone('response_format', 'tools')],
    ],
    [
      'groq',
      groq(
        '`max_completion_tokens` must be less than or equal to `32768`, the maximum value for `max_completion_tokens` is less than the `context_window` for this model',
      ),
      { max_completion_tokens: 60000 },
      [atMost('max_completion_tokens', 32768)],
    ],
    // Anthropic
    [
      'anthropic',
      anthropic('`temperature` and `top_p` cannot both be specified for this model. Please use only one.'),
      { temperature: 0.5, top_p: 0.9 },
      [gone('top_p', 'temperature')],
    ],
    [
      'anthropic',
      anthropic('`temperature` is deprecated for this model.'),
      { temperature: 0.5 },
      [gone('temperature')],
    ],
    [
      'anthropic',
      anthropic(
        'max_tokens: 100000 > 64000, which is the maximum allowed number of output tokens for claude-haiku-4-5-20251001',
      ),
      { max_tokens: 100000 },
      [atMost('max_tokens', 64000)],
    ],
    [
      'anthropic',
      anthropic('messages.1.content.0: Invalid `signature` in `thinking` block'),
      { messages: signed },
      [gone('state')],
    ],
    ['anthropic', anthropic('stop_sequences: Extra inputs are not permitted'), { stop: ['x'] }, [gone('stop')]],
    // Bedrock
    [
      'bedrock',
      bedrock("This model doesn't support the stopSequences field. Remove stopSequences and try again."),
      { stop: 'x' },
      [gone('stop')],
    ],
    [
      'bedrock',
      bedrock("This model doesn't support the temperature field. Remove temperature and try again."),
      { temperature: 1 },
      [gone('temperature')],
    ],
    [
      'bedrock',
      bedrock(
        'The model returned the following errors: `temperature` and `top_p` cannot both be specified for this model. Please use only one.',
      ),
      { temperature: 1, top_p: 1 },
      [gone('top_p', 'temperature')],
    ],
    ['bedrock', bedrock("This model doesn't support tool use in streaming mode."), { tools }, [gone('stream')]],
    ['bedrock', bedrock('The model does not support the ConverseStream operation.'), {}, [gone('stream')]],
    [
      'bedrock',
      bedrock("This model doesn't support system messages. Try again without a system message."),
      { messages: messages({ role: 'system', content: 'x' }) },
      [gone('system')],
    ],
    [
      'bedrock',
      bedrock(
        'The maximum tokens you requested exceeds the model limit of 8192. Try again with a maximum tokens value that is lower than 8192.',
      ),
      { max_tokens: 20000 },
      [atMost('max_completion_tokens', 8191)],
    ],
    [
      'bedrock',
      bedrock(
        'Malformed input request: extraneous key [top_k] is not permitted, please reformat your input and try again.',
      ),
      { top_k: 5 },
      [gone('top_k')],
    ],
    // Gemini
    [
      'google',
      gemini('Penalty is not enabled for models/gemini-2.5-flash'),
      { presence_penalty: 0.5 },
      [gone('presence_penalty')],
    ],
    [
      'google',
      gemini('Thinking level is not supported for this model.'),
      { reasoning_effort: 'low' },
      [gone('reasoning_effort')],
    ],
    [
      'google',
      gemini(
        'Invalid JSON payload received. Unknown name "responseLogprobs" at \'generation_config\': Cannot find field.',
      ),
      { logprobs: true },
      [gone('logprobs')],
    ],
    [
      'google',
      gemini('Developer instruction is not enabled for models/gemma-3-27b-it'),
      { messages: messages({ role: 'system', content: 'x' }) },
      [gone('system')],
    ],
    ['google', gemini('Corrupted thought signature.'), { messages: signed }, [gone('state')]],
    [
      'google',
      gemini(
        'Unable to submit request because it has a maxOutputTokens value of 64000 but the supported range is from 1 (inclusive) to 8193 (exclusive). Update the value and try again.',
      ),
      { max_completion_tokens: 64000 },
      [atMost('max_completion_tokens', 8192)],
    ],
    // Cohere
    ['cohere', { message: 'unknown field: parameter k is not supported by this model' }, { top_k: 5 }, [gone('top_k')]],
    // Together
    [
      'together-ai',
      openai("Input validation error: Unsupported parameter 'logit_bias'", 'logit_bias'),
      { logit_bias: { '1': 1 } },
      [gone('logit_bias')],
    ],
  ]

/** Refusals of what cannot go, and failures about other things. */
const OTHERS: [provider: string, body: unknown, request: Partial<ChatRequest>, status?: number][] = [
  ['openai', openai('Model incompatible request argument supplied: n'), { n: 3 }],
  [
    'openai',
    openai("Invalid 'messages': empty array. Expected an array with minimum length 1.", 'messages', 'empty_array'),
    {},
  ],
  [
    'openai',
    openai(
      "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 99.0 instead.",
      'temperature',
      'decimal_above_max_value',
    ),
    { temperature: 99 },
  ],
  [
    'openai',
    openai("Unsupported parameter: 'tools' is not supported with this model.", 'tools', 'unsupported_parameter'),
    { tools },
  ],
  [
    'openai',
    openai("Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model."),
    { response_format: { type: 'json_schema', json_schema: { name: 'x' } } },
  ],
  [
    'openai',
    openai("'response_format' of type 'json_object' is not supported with this model."),
    { response_format: { type: 'json_object' } },
  ],
  [
    'azure-openai',
    {
      error: {
        code: 'Invalid input',
        message: 'invalid input error',
        details: [{ loc: ['body', 'tool_choice'], msg: 'Input should be a valid string' }],
      },
    },
    { tools, tool_choice: { type: 'function', function: { name: 'get_weather' } } },
    422,
  ],
  [
    'openai',
    openai('The model `stop` does not exist or you do not have access to it.', null, 'model_not_found'),
    { stop: 'x' },
  ],
  ['openai', openai("Unsupported parameter: 'stop' is not supported with this model.", 'stop'), { stop: 'x' }, 500],
  [
    'openai',
    openai(
      "Invalid 'tools[0].function.name': string does not match pattern.",
      'tools[0].function.name',
      'invalid_value',
    ),
    { tools, stop: 'x' },
  ],
]

describe('refusals in error bodies', () => {
  for (const [provider, body, request, expected, status = 400] of WORDS) {
    it(`${provider}: ${JSON.stringify(body).slice(0, 140)}`, () => {
      assert.deepEqual(refusalsIn(failureOf(provider, status, body), ask(request)), expected)
    })
  }

  for (const [provider, body, request, status = 400] of OTHERS) {
    it(`none: ${provider}, ${status}: ${JSON.stringify(body).slice(0, 140)}`, () => {
      assert.deepEqual(refusalsIn(failureOf(provider, status, body), ask(request)), [])
    })
  }

  it('reads nothing from the recorded errors that name no parameter of the request', function () {
    const bodies = ['openai', 'groq', 'mistral', 'azure'].flatMap((folder) => recordings(folder, '.error.json'))
    if (bodies.length === 0) this.skip()
    for (const { file, status, text } of bodies) {
      const refusals = refusalsIn(failureOf('openai', status, text), ask({ stop: 'x', temperature: 1, top_p: 1 }))
      const expected = file.includes('validation_error_carries_identity') ? ['temperature'] : []
      assert.deepEqual(
        refusals.map(({ param }) => param),
        expected,
        file,
      )
    }
  })
})
