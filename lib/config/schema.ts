import type { ProviderFields } from '../types/provider.ts'
import { nearest } from './nearest.ts'
import { at, show } from './problems.ts'
import { query } from './query.ts'
import {
  baseUrl,
  data,
  delay,
  duration,
  each,
  flag,
  headerNames,
  hostLabel,
  integer,
  isRecord,
  list,
  metadataKeys,
  name,
  oneOf,
  percentage,
  positive,
  prose,
  type Read,
  type Reader,
  rate,
  secret,
  share,
  statuses,
  text,
  weight,
  word,
} from './values.ts'

/** The most that `retry.attempts` may ask for. */
export const MAX_RETRIES = 10

const RETRY = {
  attempts: integer(0, MAX_RETRIES),
  on_status_codes: statuses,
  use_retry_after_header: flag,
  max_delay: duration,
}

// As `then: word` the linter takes it for a promise.
const then = word
const CONDITION = keys({ query, then })

const STRATEGY = {
  mode: oneOf(['single', 'fallback', 'loadbalance', 'conditional', 'hedge']),
  on_status_codes: statuses,
  conditions: each(needs(CONDITION, ['query'], ['then'])),
  default: word,
  sticky: word,
  delay,
  max_extra: share,
}

const BREAKER = {
  failure_threshold: positive,
  failure_threshold_percentage: percentage,
  interval: duration,
  cooldown_interval: duration,
  minimum_requests: positive,
  failure_status_codes: statuses,
}

/** What holds for a request as a whole. */
const REQUEST = {
  total_timeout: duration,
  retry_budget: integer(0, 100),
  commit_after: needs(keys({ chunks: positive, ms: duration, bytes: positive }), ['chunks', 'ms', 'bytes']),
  keep_alive: duration,
  keep_alive_before_commit: flag,
  coalesce: needs(keys({ ms: duration, chars: positive }), ['ms', 'chars']),
  log_chunks: flag,
}

/** What only some providers read, see PROVIDER_FIELDS. */
const FIELDS = {
  resource_name: hostLabel,
  deployment_id: text,
  api_version: text,
  azure_ad_token: secret,
  base_model: text,
  aws_access_key_id: secret,
  aws_secret_access_key: secret,
  aws_session_token: secret,
  aws_region: hostLabel,
  bedrock_api: oneOf(['converse', 'invoke']),
  vertex_project_id: text,
  vertex_region: hostLabel,
  anthropic_version: text,
  anthropic_beta: text,
  openai_organization: text,
  openai_project: text,
} satisfies { [K in keyof Required<ProviderFields>]: Reader<Required<ProviderFields>[K]> }

/** What may stand at every level. */
const COMMON = {
  strategy: keys(STRATEGY),
  targets: list,
  provider: word,
  api_key: secret,
  name,
  weight,
  custom_host: baseUrl,
  override_params: data,
  metadata: data,
  retry: keys(RETRY),
  connect_timeout: duration,
  first_chunk_timeout: duration,
  idle_timeout: duration,
  request_timeout: duration,
  min_chunk_rate: needs(keys({ characters_per_second: rate, window: duration }), ['characters_per_second']),
  mid_stream: oneOf(['restart', 'continue', 'error']),
  prefill: flag,
  continue_instruction: prose,
  tool_calls: oneOf(['whole', 'live']),
  cb_config: needs(keys(BREAKER), ['failure_threshold', 'failure_threshold_percentage']),
  forward_headers: headerNames,
  forward_metadata: metadataKeys,
  strict_open_ai_compliance: flag,
}

/** One level of a config, checked key by key; what it means beside other levels is for resolve.ts. */
export type Level = Read<typeof COMMON & typeof FIELDS>
export const readLevel: Reader<Level> = keys({ ...COMMON, ...FIELDS })

/** The outermost level. */
export type Top = Level & Read<typeof REQUEST>
export const readTop: Reader<Top> = keys({ ...COMMON, ...REQUEST, ...FIELDS })

export type FieldName = keyof typeof FIELDS
export const FIELD_NAMES = Object.keys(FIELDS) as FieldName[]

/** The fields that each provider reads. A provider that is not here is the application's own and may read any. */
export const PROVIDER_FIELDS: Readonly<Record<string, readonly FieldName[]>> = {
  openai: ['openai_organization', 'openai_project'],
  anthropic: ['anthropic_version', 'anthropic_beta'],
  'azure-openai': ['resource_name', 'deployment_id', 'api_version', 'azure_ad_token', 'base_model'],
  google: [],
  'vertex-ai': ['vertex_project_id', 'vertex_region'],
  cohere: ['api_version'],
  bedrock: [
    ...(['aws_access_key_id', 'aws_secret_access_key', 'aws_session_token', 'aws_region'] as const),
    ...(['bedrock_api', 'base_model', 'anthropic_beta'] as const),
  ],
  groq: [],
  'together-ai': [],
  'mistral-ai': [],
}

/** What people bring from other gateways and streamgate does not do, with what to do instead. */
const NO_SUCH_FEATURE: Readonly<Record<string, string>> = {
  cache: '',
  virtual_key: 'give provider and api_key instead',
  before_request_hooks: '',
  after_request_hooks: '',
  input_guardrails: '',
  output_guardrails: '',
  default_input_guardrails: '',
  default_output_guardrails: '',
  guardrails: '',
  input_mutators: '',
  output_mutators: '',
  prompt_id: '',
  mcp_servers: '',
  integrations: '',
  rate_limit: '',
  budget: '',
}

/** Known keys in the wrong place or under another name, and where they belong. */
const MISPLACED: Readonly<Record<string, string>> = {
  model: 'override_params.model',
  temperature: 'override_params.temperature',
  max_tokens: 'override_params.max_tokens',
  base_url: 'custom_host',
  timeout: 'request_timeout',
  mode: 'strategy.mode',
  conditions: 'strategy.conditions',
  sticky: 'strategy.sticky',
  cb_config: 'cb_config beside strategy, or in a target',
  attempts: 'retry.attempts',
  on_status_codes: 'retry.on_status_codes or strategy.on_status_codes',
}

/** A reader for an object with no keys but those of the table. */
function keys<Table extends Readonly<Record<string, Reader<unknown>>>>(table: Table): Reader<Read<Table>> {
  const known = Object.keys(table)
  return (value, path, report) => {
    if (!isRecord(value)) {
      report(path, `must be an object, got ${show(value)}`)
      return undefined
    }
    const result: [string, unknown][] = []
    for (const [key, item] of Object.entries(value)) {
      const read = Object.hasOwn(table, key) ? table[key] : undefined
      if (read === undefined) report(at(path, key), unknownKey(key, known))
      else {
        const checked = read(item, at(path, key), report)
        if (checked !== undefined) result.push([key, checked])
      }
    }
    return Object.fromEntries(result) as Read<Table>
  }
}

/** The same reader, for objects that must have at least one key of each list. */
function needs<T extends object>(read: Reader<T>, ...lists: (keyof T & string)[][]): Reader<T> {
  return (value, path, report) => {
    // Asked of the value: a key that is wrong is reported already.
    const missing = isRecord(value) ? lists.filter((list) => !list.some((key) => Object.hasOwn(value, key))) : []
    for (const list of missing) report(path, `needs ${list.join(' or ')}`)
    return read(value, path, report)
  }
}

function unknownKey(key: string, known: readonly string[]): string {
  if (Object.hasOwn(REQUEST, key)) return 'is for the whole request, it belongs at the top of the config'
  if (Object.hasOwn(NO_SUCH_FEATURE, key)) {
    const instead = NO_SUCH_FEATURE[key]
    return instead ? `streamgate has no such feature, ${instead}` : 'streamgate has no such feature'
  }
  const guess = Object.hasOwn(MISPLACED, key) ? MISPLACED[key] : nearest(key, known)
  return guess === undefined
    ? `unknown key, expected one of ${known.join(', ')}`
    : `unknown key, did you mean ${guess}?`
}
