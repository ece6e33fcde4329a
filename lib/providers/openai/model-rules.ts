import type { ModelRow } from '../model-table.ts'

/** What models of a name have in common; all rows that fit a name count, the later ones first where they differ. */
export interface OpenAIModelRow extends ModelRow {
  /** Parameters that are refused. */
  readonly refuses?: readonly string[]
  /** Levels of `reasoning_effort`; none: the parameter is refused. */
  readonly efforts?: readonly string[]
  /** Whether `max_tokens` is refused, and `max_completion_tokens` taken. */
  readonly completionLimit?: boolean
  /** When `temperature` and `top_p` are taken. */
  readonly samples?: 'never' | 'unreasoned'
  /** Whether function tools are taken in Chat Completions only with the effort `none`. */
  readonly toolsUnreasoned?: boolean
}

const CATALOG = { source: '@ai-sdk/openai 4.0.118, openai-model-catalog.ts', date: '2026-11-01' }
const SCHEMA = { source: 'openai/openai-openapi, openapi.yaml f85dbe2', date: '2026-08-15' }

/**
 * OpenAI's own models, by the names that they have on Azure too. A name that is not listed is sent everything; what it refuses
 * is learned (middleware/recovery).
 */
export const OPENAI_MODELS: readonly OpenAIModelRow[] = [
  // Models without reasoning.
  { models: /^(gpt-[34]|chatgpt)/, efforts: [], source: 'run-llama/llama_index#20865', date: '2026-03-04' },
  {
    models: /^(gpt-[34]|chatgpt|o\d)/,
    refuses: ['verbosity'],
    source: 'BerriAI/litellm#38842',
    date: '2026-09-01',
  },
  {
    models: /^(gpt-(3|4(?!\.1))|chatgpt|o\d|gpt-([6-9]|\d\d))/,
    refuses: ['prompt_cache_retention'],
    source: "OpenAI's guide, prompt caching, as quoted in affaan-m/ECC#3173",
    date: '2026-08-01',
  },
  {
    models: /-search-preview/,
    refuses: ['temperature', 'top_p', 'presence_penalty', 'frequency_penalty', 'n', 'parallel_tool_calls'],
    source: 'ChatGPTNextWeb/NextChat#6569',
    date: '2025-07-16',
  },
  // Models that reason.
  {
    models: /^(?!gpt-\d+-chat)(o\d+|gpt-([5-9]|\d\d)(\.\d+)?)(-|$)|^codex-mini-latest$|^computer-use-preview/,
    refuses: ['presence_penalty', 'frequency_penalty', 'logit_bias', 'logprobs', 'top_logprobs'],
    completionLimit: true,
    samples: 'never',
    ...CATALOG,
  },
  {
    models: /^gpt-5\.\d+|^gpt-6-(luna|sol)(-\d|$)|^gpt-6\.1-terra(-\d|$)/,
    samples: 'unreasoned',
    ...CATALOG,
  },
  { models: /^(o3(?!-mini)|o4-mini)/, refuses: ['stop'], ...SCHEMA },
  {
    models: /^(?!gpt-\d+-chat)gpt-([5-9]|\d\d)/,
    refuses: ['stop'],
    source: 'crewAIInc/crewAI#5144, langgenius/dify-docs#842',
    date: '2026-07-04',
  },
  {
    models: /^o\d/,
    refuses: ['parallel_tool_calls'],
    source: 'run-llama/llama_index#20865',
    date: '2026-03-04',
  },
  {
    models: /^gpt-5\.([4-9]|\d\d)(?!.*-(pro|codex))/,
    toolsUnreasoned: true,
    source: 'openai/openai-openapi#541, BerriAI/litellm#34569',
    date: '2026-07-24',
  },
  // Levels of effort.
  { models: /^o\d/, efforts: ['low', 'medium', 'high'], ...CATALOG },
  { models: /^gpt-5(?![.\d])/, efforts: ['minimal', 'low', 'medium', 'high'], ...CATALOG },
  { models: /^gpt-5-chat/, efforts: [], ...CATALOG },
  { models: /^gpt-5-codex/, efforts: ['low', 'medium', 'high'], ...CATALOG },
  { models: /^gpt-5-pro/, efforts: ['high'], ...CATALOG },
  { models: /^gpt-5\.1/, efforts: ['none', 'low', 'medium', 'high'], ...CATALOG },
  {
    models: /^gpt-5\.1-codex/,
    efforts: ['low', 'medium', 'high'],
    source: 'openai/codex#6647',
    date: '2025-11-14',
  },
  {
    models: /^gpt-5\.1-codex-max/,
    efforts: ['low', 'medium', 'high', 'xhigh'],
    source: 'ben-vargas/ai-sdk-provider-codex-cli#8',
    date: '2025-11-20',
  },
  { models: /^gpt-5\.[2-5]/, efforts: ['none', 'low', 'medium', 'high', 'xhigh'], ...CATALOG },
  { models: /^gpt-5\.([6-9]|\d\d)/, efforts: ['none', 'low', 'medium', 'high', 'xhigh', 'max'], ...CATALOG },
  {
    models: /^gpt-5\.([2-9]|\d\d)-codex/,
    efforts: ['low', 'medium', 'high', 'xhigh'],
    source: 'anomalyco/models.dev#2296',
    date: '2026-06-13',
  },
  {
    models: /^gpt-5\.([2-9]|\d\d)-pro/,
    efforts: ['medium', 'high', 'xhigh'],
    source: 'anomalyco/models.dev#2296',
    date: '2026-06-13',
  },
  { models: /^gpt-5\.\d+-chat-latest/, efforts: ['medium'], source: 'BerriAI/litellm#38842', date: '2026-09-01' },
  { models: /^gpt-([6-9]|\d\d)/, efforts: ['low', 'medium', 'high', 'xhigh', 'max'], ...CATALOG },
  {
    models: /^gpt-6-(luna|sol)(-\d|$)|^gpt-6\.1-terra(-\d|$)/,
    efforts: ['none', 'low', 'medium', 'high', 'xhigh', 'max'],
    ...CATALOG,
  },
]
