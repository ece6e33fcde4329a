import assert from 'node:assert/strict'
import { droppedParams } from '../../lib/providers/dropped.ts'
import { providers } from '../../lib/providers/index.ts'
import type { ChatRequest } from '../../lib/types/chat.ts'
import type { ProviderFields } from '../../lib/types/provider.ts'
import { noMedia } from '../helpers/endpoint.ts'

type Json = Record<string, unknown>

const FIELDS: Record<string, ProviderFields> = {
  'azure-openai': { resource_name: 'r' },
  bedrock: { aws_region: 'us-east-1' },
  'vertex-ai': { vertex_project_id: 'p', vertex_region: 'us-central1' },
}

async function dropped(provider: string, request: Json, more: ProviderFields = {}): Promise<string[]> {
  const whole = { messages: [{ role: 'user', content: 'Hi' }], ...request } as unknown as ChatRequest
  const encoded = await providers[provider]?.encode(Object.freeze(whole), {
    apiKey: 'key',
    customHost: undefined,
    fields: { ...FIELDS[provider], ...more },
    strict: true,
    fetchMedia: noMedia,
  })
  return [...(encoded?.dropped ?? ['no list'])].sort()
}

const tools = [{ type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } }]
const schema = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false }
const response_format = { type: 'json_schema', json_schema: { name: 'x', schema } }

/** All that a client may ask for, with values that ask for something. */
const EVERYTHING = {
  max_tokens: 100,
  max_completion_tokens: 5000,
  temperature: 0.5,
  top_p: 0.5,
  stop: ['END'],
  seed: 7,
  presence_penalty: 0.5,
  frequency_penalty: 0.25,
  logit_bias: { 50256: -100 },
  logprobs: true,
  top_logprobs: 2,
  response_format,
  tools,
  tool_choice: 'auto',
  parallel_tool_calls: false,
  reasoning_effort: 'low',
  verbosity: 'low',
  modalities: ['text', 'image'],
  service_tier: 'priority',
  user: 'u',
  safety_identifier: 's',
  metadata: { k: 'v' },
  store: true,
  prediction: { type: 'content', content: 'x' },
  prompt_cache_key: 'p',
  prompt_cache_retention: '24h',
  web_search_options: {},
  top_k: 5,
  x_unknown: 1,
  stream: true,
  stream_options: { include_usage: true },
}

/** What asks for nothing, or for what happens anyway. */
const NEUTRAL = {
  n: 1,
  temperature: null,
  stop: [],
  presence_penalty: 0,
  frequency_penalty: 0,
  logit_bias: {},
  logprobs: false,
  top_logprobs: 0,
  tools: [],
  tool_choice: 'auto',
  parallel_tool_calls: true,
  response_format: { type: 'text' },
  modalities: ['text'],
  service_tier: 'auto',
  metadata: {},
  store: false,
  user: '',
  stream: false,
  stream_options: { include_usage: false },
}

const PENALTIES = 'frequency_penalty presence_penalty'
const LOGPROBS = 'logprobs top_logprobs'
const NOT_IN_RESPONSES = 'prediction seed store top_k x_unknown'
/** What OpenAI's reasoning models refuse, though they do not reason just now, and else. */
const REASONING = `${PENALTIES} ${LOGPROBS} logit_bias`
const CACHE = 'prompt_cache_key prompt_cache_retention'
/** What only OpenAI and dialects that are close to it know. */
const OPENAIS = `${CACHE} logit_bias prediction verbosity x_unknown`
/** On top of that, on all of Bedrock. */
const BEDROCK = `${OPENAIS} ${LOGPROBS} modalities store web_search_options`
const CONVERSE = `${BEDROCK} ${PENALTIES} seed user safety_identifier`

/** What is lost of everything, with models that take much of it and models that refuse some. */
const everything: [provider: string, model: string, lost: string, fields?: ProviderFields][] = [
  ['openai', 'gpt-4.1', 'reasoning_effort verbosity'],
  ['openai', 'o3', `${REASONING} temperature top_p stop parallel_tool_calls prompt_cache_retention verbosity`],
  ['openai', 'gpt-5.1', `${REASONING} temperature top_p stop`],
  // With tools they go by the Responses API, which has less.
  ['openai', 'gpt-5.6', `${REASONING} ${NOT_IN_RESPONSES} temperature top_p stop`],
  ['openai', 'gpt-6', `${REASONING} ${NOT_IN_RESPONSES} temperature top_p stop prompt_cache_retention`],
  // By the other it takes tools without reasoning only, and so takes sampling.
  ['openai', 'gpt-5.6', `${REASONING} reasoning_effort stop`, { openai_api: 'chat' }],
  [
    'openai',
    'gpt-4o-search-preview',
    `${PENALTIES} temperature top_p parallel_tool_calls prompt_cache_retention reasoning_effort verbosity`,
  ],
  ['azure-openai', 'd', 'reasoning_effort verbosity web_search_options', { base_model: 'gpt-4.1' }],
  [
    'azure-openai',
    'd',
    `${REASONING} web_search_options temperature top_p stop parallel_tool_calls prompt_cache_retention verbosity`,
    { base_model: 'o3' },
  ],
  [
    'groq',
    'openai/gpt-oss-120b',
    `${PENALTIES} ${LOGPROBS} ${CACHE} logit_bias prediction verbosity metadata modalities safety_identifier store top_k web_search_options x_unknown`,
  ],
  [
    'groq',
    'llama-3.3-70b-versatile',
    `${PENALTIES} ${LOGPROBS} ${CACHE} logit_bias prediction verbosity metadata modalities safety_identifier store top_k web_search_options x_unknown reasoning_effort`,
  ],
  [
    'together-ai',
    'meta-llama/Llama-3.3-70B',
    `${CACHE} prediction verbosity metadata modalities parallel_tool_calls safety_identifier service_tier store user web_search_options`,
  ],
  [
    'mistral-ai',
    'magistral-small-latest',
    `${LOGPROBS} logit_bias modalities prompt_cache_retention safety_identifier service_tier store top_k user verbosity web_search_options x_unknown`,
  ],
  [
    'mistral-ai',
    'mistral-large-2411',
    `${LOGPROBS} logit_bias modalities prompt_cache_retention safety_identifier service_tier store top_k user verbosity web_search_options x_unknown reasoning_effort`,
  ],
  [
    'anthropic',
    'claude-sonnet-4-5',
    `${OPENAIS} ${PENALTIES} ${LOGPROBS} metadata modalities seed service_tier store temperature top_k top_p`,
  ],
  // Does not think, and so takes sampling: a temperature, or else top_p.
  [
    'anthropic',
    'claude-3-5-haiku-latest',
    `${OPENAIS} ${PENALTIES} ${LOGPROBS} metadata modalities seed service_tier store reasoning_effort top_p`,
  ],
  ['google', 'gemini-3-flash-preview', `${OPENAIS} metadata parallel_tool_calls safety_identifier user`],
  [
    'google',
    'gemini-2.5-flash',
    `${OPENAIS} ${PENALTIES} metadata parallel_tool_calls safety_identifier user web_search_options`,
  ],
  ['vertex-ai', 'gemini-2.5-flash', `${OPENAIS} parallel_tool_calls safety_identifier store user web_search_options`],
  // The larger penalty stands for both.
  [
    'cohere',
    'command-a-reasoning-08-2025',
    `${OPENAIS} frequency_penalty metadata modalities parallel_tool_calls safety_identifier service_tier store top_logprobs user web_search_options`,
  ],
  [
    'cohere',
    'command-r-08-2024',
    `${OPENAIS} frequency_penalty metadata modalities parallel_tool_calls safety_identifier service_tier store top_logprobs user web_search_options reasoning_effort`,
  ],
  [
    'cohere',
    'command-r',
    `${OPENAIS} ${LOGPROBS} frequency_penalty metadata modalities parallel_tool_calls safety_identifier service_tier store user web_search_options reasoning_effort`,
    { api_version: 'v1' },
  ],
  ['bedrock', 'us.anthropic.claude-sonnet-4-5-20250929-v1:0', `${CONVERSE} temperature top_k top_p`],
  ['bedrock', 'amazon.nova-pro-v1:0', `${CONVERSE} parallel_tool_calls reasoning_effort`],
  ['bedrock', 'us.amazon.nova-2-lite-v1:0', `${CONVERSE} parallel_tool_calls`],
  ['bedrock', 'us.meta.llama3-3-70b-instruct-v1:0', `${CONVERSE} parallel_tool_calls reasoning_effort top_k`],
  ['bedrock', 'openai.gpt-oss-120b-1:0', `${CONVERSE} parallel_tool_calls stop top_k`],
  ['bedrock', 'openai.gpt-5', `${CONVERSE} parallel_tool_calls stop temperature top_k top_p`],
]

const invoked: [model: string, lost: string, tools?: undefined][] = [
  [
    'anthropic.claude-sonnet-4-5-20250929-v1:0',
    `${BEDROCK} ${PENALTIES} metadata parallel_tool_calls seed temperature top_k top_p`,
  ],
  ['amazon.nova-2-lite-v1:0', `${CONVERSE} metadata parallel_tool_calls`],
  ['openai.gpt-oss-120b-1:0', ''],
  [
    'cohere.command-r-v1:0',
    `${BEDROCK} frequency_penalty metadata parallel_tool_calls reasoning_effort safety_identifier user`,
  ],
  ['qwen.qwen3-32b-v1:0', `${CONVERSE} metadata parallel_tool_calls reasoning_effort response_format top_k`],
  ['meta.llama3-1-8b-instruct-v1:0', `${CONVERSE} metadata reasoning_effort response_format stop top_k`, undefined],
  ['mistral.mistral-large-2402-v1:0', `${CONVERSE} metadata reasoning_effort response_format`, undefined],
  ['amazon.titan-text-express-v1', `${CONVERSE} metadata reasoning_effort response_format top_k`, undefined],
]

describe('parameters that are left out', () => {
  for (const [provider, model, lost, fields] of everything) {
    it(`are named: ${provider}, ${model}${fields ? `, ${JSON.stringify(fields)}` : ''}`, async () => {
      assert.deepEqual(
        await dropped(provider, { model, ...EVERYTHING }, fields),
        lost.split(' ').filter(Boolean).sort(),
      )
    })
  }

  for (const [model, lost, ...textOnly] of invoked) {
    it(`are named: bedrock, ${model}, by the model's own API`, async () => {
      const request = { model, ...EVERYTHING, ...(textOnly.length > 0 && { tools: [] }) }
      assert.deepEqual(
        await dropped('bedrock', request, { bedrock_api: 'invoke' }),
        lost.split(' ').filter(Boolean).sort(),
      )
    })
  }

  for (const provider of Object.keys(providers)) {
    it(`are not named where they ask for nothing: ${provider}`, async () => {
      assert.deepEqual(await dropped(provider, { model: 'm', ...NEUTRAL }), [])
    })
  }

  const cases: [what: string, provider: string, request: Json, lost: string[]][] = [
    ['a limit under its old name', 'openai', { model: 'o3', max_tokens: 9 }, []],
    [
      'temperature while nothing is reasoned',
      'openai',
      { model: 'gpt-5.1', temperature: 0, reasoning_effort: 'none' },
      [],
    ],
    [
      'temperature while a model thinks',
      'anthropic',
      { model: 'claude-sonnet-4-5', temperature: 0, reasoning_effort: 'low' },
      ['temperature'],
    ],
    ['temperature while it does not', 'anthropic', { model: 'claude-sonnet-4-5', temperature: 0 }, []],
    [
      'temperature with a model that takes none',
      'anthropic',
      { model: 'claude-opus-5', temperature: 0 },
      ['temperature'],
    ],
    ['top_p without a temperature', 'anthropic', { model: 'claude-sonnet-4-5', top_p: 0.5 }, []],
    ['a forced call', 'anthropic', { model: 'claude-sonnet-4-5', tools, tool_choice: 'required' }, []],
    [
      'a forced call where none can be forced',
      'anthropic',
      { model: 'claude-sonnet-5-5', tools, tool_choice: 'required' },
      ['tool_choice'],
    ],
    [
      'a forced call while a model thinks',
      'bedrock',
      {
        model: 'anthropic.claude-sonnet-4-5',
        tools,
        tool_choice: { type: 'function', function: { name: 'f' } },
        reasoning_effort: 'low',
        max_tokens: 9000,
      },
      ['tool_choice'],
    ],
    [
      'a forced call of one at a time',
      'bedrock',
      { model: 'anthropic.claude-sonnet-4-5', tools, tool_choice: 'required', parallel_tool_calls: false },
      [],
    ],
    ['no call at all', 'bedrock', { model: 'amazon.nova-pro-v1:0', tools, tool_choice: 'none' }, []],
    ['one call at a time, without tools', 'cohere', { model: 'command-a-03-2025', parallel_tool_calls: false }, []],
    [
      'a form that an instruction tells',
      'anthropic',
      { model: 'claude-3-5-haiku', response_format: { type: 'json_object' } },
      [],
    ],
    [
      'a form that leaves no place beside a forced call',
      'anthropic',
      { model: 'claude-3-5-haiku', response_format, tools, tool_choice: 'required' },
      ['response_format'],
    ],
    ['a form that a function stands in for', 'google', { model: 'gemini-2.5-flash', response_format, tools }, []],
    [
      'a form that functions exclude',
      'google',
      { model: 'gemini-2.5-flash', response_format: { type: 'json_object' }, tools },
      ['response_format'],
    ],
    ['a search', 'google', { model: 'gemini-2.5-flash', web_search_options: {} }, []],
    ['a search', 'anthropic', { model: 'claude-sonnet-4-5', web_search_options: {} }, []],
    ['several answers', 'google', { model: 'gemini-2.5-flash', n: 2 }, []],
    ['a tier that goes into a header', 'vertex-ai', { model: 'gemini-2.5-flash', service_tier: 'flex' }, []],
    ['a tier that is not known', 'vertex-ai', { model: 'gemini-2.5-flash', service_tier: 'scale' }, ['service_tier']],
    ['fields of Gemini’s own', 'google', { model: 'gemini-2.5-flash', safety_settings: [], cached_content: 'c' }, []],
    [
      'fields of Gemini’s own that it does not know',
      'google',
      { model: 'gemini-2.5-flash', safety_settings: 'none' },
      ['safety_settings'],
    ],
    ['fields of Groq’s own', 'groq', { model: 'm', search_settings: {}, include_reasoning: false }, []],
    ['fields of Mistral’s own', 'mistral-ai', { model: 'm', safe_prompt: true, random_seed: 1 }, []],
    ['fields of Cohere’s own', 'cohere', { model: 'm', safety_mode: 'NONE', documents: ['x'] }, []],
    [
      'fields of the other of Cohere’s versions',
      'cohere',
      { model: 'm', connectors: [{ id: 'web-search' }] },
      ['connectors'],
    ],
    [
      'metadata that Bedrock would refuse',
      'bedrock',
      { model: 'amazon.nova-pro-v1:0', metadata: { ü: 'x' } },
      ['metadata'],
    ],
    [
      'names of the native body',
      'anthropic',
      { model: 'claude-sonnet-4-5', thinking: {}, system: 'x', reasoning_effort: 'low' },
      ['system', 'thinking'],
    ],
    [
      'names that every object has',
      'anthropic',
      JSON.parse('{"model":"m","constructor":1,"__proto__":2,"toString":3}'),
      ['__proto__', 'constructor', 'toString'],
    ],
    ['names that every object has', 'openai', JSON.parse('{"model":"m","constructor":1,"toString":3,"a.b":4}'), []],
  ]
  for (const [what, provider, request, lost] of cases) {
    it(`are ${lost.join(' and ') || 'none'} of ${what}: ${provider}`, async () => {
      assert.deepEqual(await dropped(provider, request), lost)
    })
  }

  it('are looked for where their place is, and nowhere else', () => {
    const request = { model: 'm', messages: [], a: 1, b: 1, c: 1, d: 1, e: 1 } as unknown as ChatRequest
    const body = { x: { y: 0 }, b: undefined, d: 1, e: 1 }
    const places = { a: ['z', 'x.y'], b: ['b', 'x.y.z'], c: false, d: true, e: ['x.e'] }
    assert.deepEqual(droppedParams(request, body, places), ['b', 'c', 'e'])
    assert.deepEqual(droppedParams(request, body, {}), ['a', 'b', 'c', 'd', 'e'])
    assert.deepEqual(droppedParams(request, { ...body, c: null }, { a: ['a'] }, 'same name'), ['a', 'b'])
  })
})

describe('stop sequences that are dropped', () => {
  const six = ['a', 'b', 'c', 'd', 'e', 'f']
  const rows: [provider: string, model: string, stop: string | string[], names: string[]][] = [
    ['anthropic', 'claude-sonnet-4-5', ['\n', 'END', ' '], ['stop.0', 'stop.2']],
    ['anthropic', 'claude-sonnet-4-5', '\n', ['stop']],
    ['anthropic', 'claude-sonnet-4-5', 'END', []],
    ['bedrock', 'anthropic.claude-sonnet-4-5-v1:0', ['\n', 'END'], ['stop.0']],
    ['google', 'gemini-3-pro', six, ['stop.5']],
    ['cohere', 'command-a-03-2025', six, ['stop.5']],
  ]
  for (const [provider, model, stop, names] of rows) {
    it(`are named by ${provider}: ${JSON.stringify(stop)} → ${names.join()}`, async () => {
      assert.deepEqual(await dropped(provider, { model, stop }), names)
    })
  }
})
