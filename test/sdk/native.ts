/** What each provider sends, by hand from its documentation: an answer in text, a tool call, an error. */
export interface Native {
  /** Headers that choose the provider for one request. */
  headers(url: string): Record<string, string>
  text: string
  call: string
  error: { status: number; body: unknown; message: RegExp; code: string | null; raised: string }
  /** Whether this request of the provider's own form carries the result of a tool. */
  hasResult(body: string): boolean
}

const sse = (...events: unknown[]) =>
  [...events.map((event) => `data: ${JSON.stringify(event)}\n\n`), 'data: [DONE]\n\n'].join('')

const named = (...events: ({ type: string } & Record<string, unknown>)[]) =>
  events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('')

const usage = { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 }

const family =
  (more: Record<string, unknown> = {}) =>
  (delta: unknown, finish_reason: string | null = null, extra: Record<string, unknown> = {}) => ({
    id: 'gen-1',
    object: 'chat.completion.chunk',
    created: 1_700_000_000,
    model: 'native-model',
    choices: [{ index: 0, delta, finish_reason, ...more }],
    ...extra,
  })

const openaiChunk = family({ logprobs: null })
const startOfCall = { index: 0, id: 'call_1', type: 'function', function: { name: 'get_weather', arguments: '' } }
const argumentsOf = (text: string) => ({ tool_calls: [{ index: 0, function: { arguments: text } }] })
const wholeCall = { id: 'call_1', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Paris"}' } }

const openaiText = sse(
  openaiChunk({ role: 'assistant', content: '', refusal: null }),
  openaiChunk({ content: 'It is ' }),
  openaiChunk({ content: 'sunny.' }),
  openaiChunk({}, 'stop'),
  { ...openaiChunk({}), choices: [], usage },
)
const openaiCall = sse(
  openaiChunk({ role: 'assistant', content: null, tool_calls: [startOfCall] }),
  openaiChunk(argumentsOf('{"city":')),
  openaiChunk(argumentsOf('"Paris"}')),
  openaiChunk({}, 'tool_calls'),
  { ...openaiChunk({}), choices: [], usage },
)

const azureFirst = { choices: [], created: 0, id: '', model: '', object: '', prompt_filter_results: [] }
const groqChunk = family({ logprobs: null })
const togetherChunk = family({ text: '', seed: null })
const mistralChunk = family()

const toolRole = (body: string) => body.includes('"role":"tool"')
const single = (provider: string) => (url: string) => ({ 'x-portkey-provider': provider, 'x-portkey-custom-host': url })

export const NATIVE: Record<string, Native> = {
  openai: {
    headers: single('openai'),
    text: openaiText,
    call: openaiCall,
    hasResult: toolRole,
    error: {
      status: 429,
      body: { error: { message: 'Rate limit reached', type: 'tokens', param: null, code: 'rate_limit_exceeded' } },
      message: /Rate limit reached/,
      code: 'rate_limit_exceeded',
      raised: 'RateLimitError',
    },
  },
  'azure-openai': {
    headers: (url) => ({
      'x-portkey-provider': 'azure-openai',
      'x-portkey-custom-host': `${url}/openai`,
      'x-portkey-azure-deployment-id': 'my-gpt',
      'x-portkey-azure-api-version': '2024-10-21',
    }),
    text: `data: ${JSON.stringify(azureFirst)}\n\n${openaiText}`,
    call: `data: ${JSON.stringify(azureFirst)}\n\n${openaiCall}`,
    hasResult: toolRole,
    error: {
      status: 404,
      body: { error: { code: 'DeploymentNotFound', message: 'The API deployment for this resource does not exist.' } },
      message: /does not exist/,
      code: 'model_not_found',
      raised: 'NotFoundError',
    },
  },
  groq: {
    headers: single('groq'),
    text: sse(
      groqChunk({ role: 'assistant', content: '' }, null, { x_groq: { id: 'req_1' } }),
      groqChunk({ content: 'It is ' }),
      groqChunk({ content: 'sunny.' }),
      groqChunk({}, 'stop', { x_groq: { id: 'req_1', usage: { ...usage, queue_time: 0.1 } } }),
    ),
    call: sse(
      groqChunk({ role: 'assistant', content: '' }),
      groqChunk({ tool_calls: [{ ...wholeCall, index: 0 }] }),
      groqChunk({}, 'tool_calls', { x_groq: { id: 'req_1', usage } }),
    ),
    hasResult: toolRole,
    error: {
      status: 413,
      body: { error: { message: 'Request too large for model', type: 'tokens', code: 'rate_limit_exceeded' } },
      message: /too large/,
      code: 'rate_limit_exceeded',
      raised: 'APIError',
    },
  },
  'together-ai': {
    headers: single('together-ai'),
    text: sse(
      togetherChunk({ token_id: 1, role: 'assistant', content: 'It is ', tool_calls: null }),
      togetherChunk({ token_id: 2, role: 'assistant', content: 'sunny.', tool_calls: null }),
      togetherChunk({ token_id: 3, role: 'assistant', content: '', tool_calls: null }, 'eos', { usage }),
    ),
    call: sse(
      togetherChunk({ role: 'assistant', content: '', tool_calls: [{ ...wholeCall, index: 0 }] }),
      togetherChunk({ role: 'assistant', content: '' }, 'tool_calls', { usage }),
    ),
    hasResult: toolRole,
    error: {
      status: 401,
      body: {
        id: '8b',
        error: { message: 'Invalid API key provided', type: 'invalid_request_error', code: 'invalid_api_key' },
      },
      message: /Invalid API key/,
      code: 'invalid_api_key',
      raised: 'AuthenticationError',
    },
  },
  'mistral-ai': {
    headers: single('mistral-ai'),
    text: sse(
      mistralChunk({ role: 'assistant', content: '' }),
      mistralChunk({ content: 'It is ' }),
      mistralChunk({ content: 'sunny.' }),
      mistralChunk({ content: '' }, 'stop', { usage }),
    ),
    call: sse(
      mistralChunk({ role: 'assistant', content: '' }),
      mistralChunk(
        {
          content: null,
          tool_calls: [{ id: 'gSIMJiOkT', function: { name: 'get_weather', arguments: '{"city": "Paris"}' } }],
        },
        'tool_calls',
        { usage },
      ),
    ),
    hasResult: toolRole,
    error: {
      status: 422,
      body: { detail: [{ loc: ['body', 'messages', 0], msg: 'Field required', type: 'missing' }] },
      message: /Field required/,
      code: null,
      raised: 'BadRequestError',
    },
  },
  anthropic: {
    headers: single('anthropic'),
    text: named(
      {
        type: 'message_start',
        message: {
          id: 'msg_1',
          type: 'message',
          role: 'assistant',
          model: 'claude-x',
          content: [],
          stop_reason: null,
          usage: { input_tokens: 5, output_tokens: 1 },
        },
      },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'ping' },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'It is ' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'sunny.' } },
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 7 } },
      { type: 'message_stop' },
    ),
    call: named(
      {
        type: 'message_start',
        message: {
          id: 'msg_1',
          type: 'message',
          role: 'assistant',
          model: 'claude-x',
          content: [],
          stop_reason: null,
          usage: { input_tokens: 5, output_tokens: 1 },
        },
      },
      {
        type: 'content_block_start',
        index: 0,
        content_block: { type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: {} },
      },
      { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: '{"city":"Paris"}' } },
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: 'tool_use', stop_sequence: null }, usage: { output_tokens: 7 } },
      { type: 'message_stop' },
    ),
    hasResult: (body) => body.includes('"tool_result"'),
    error: {
      status: 529,
      body: { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' }, request_id: 'req_1' },
      message: /Overloaded/,
      code: 'overloaded',
      raised: 'InternalServerError',
    },
  },
}
