import * as v from 'valibot'
import type { FailOn, MidStream } from '../types/answer.ts'
import type { FinishReason } from '../types/chunk.ts'
import type { ProviderFields } from '../types/provider.ts'
import { apiKeys } from './api-keys.ts'
import { closed, optional, type Table } from './closed.ts'
import { data } from './data.ts'
import { MISPLACED, NO_SUCH_FEATURE } from './foreign-keys.ts'
import { nearest } from './nearest.ts'
import { prices } from './prices.ts'
import { query } from './query.ts'
import {
  baseUrl,
  delay,
  duration,
  durationOrNone,
  each,
  flag,
  headerNames,
  hostLabel,
  integer,
  metadataKeys,
  must,
  name,
  oneOf,
  percentage,
  positive,
  prose,
  rate,
  secret,
  share,
  statuses,
  text,
  unknown,
  weight,
  word,
} from './values.ts'

/**
 * The one schema of a config. The checks at start, the type StreamgateConfig and the JSON Schema of the package are made from
 * these tables: a new key is one entry in one of them.
 */

/** The most that `retry.attempts` may ask for. */
export const MAX_RETRIES = 10

const RUNGS = ['continue', 'restart'] as const satisfies MidStream[]
const MID_STREAM = [...RUNGS, 'error'] as const

/** Behind an announced restart nothing is left to try. */
const LADDERS = [[], ['continue'], ['restart'], ['continue', 'restart']] satisfies MidStream[][]
const ladder = v.pipe(
  v.array(oneOf(RUNGS), must('an array')),
  v.check(
    (rungs) => LADDERS.some((each) => each.join() === rungs.join()),
    must('each rung once, and nothing behind "restart", such as ["continue", "restart"]'),
  ),
  v.metadata({ enum: LADDERS }),
)

function firstUnknown(input: unknown): unknown {
  return Array.isArray(input) ? input.find((each) => !RUNGS.includes(each)) : input
}

const FAIL_ON = [
  ...([
    'empty',
    'invalid_tool_calls',
    'invalid_json',
    'invalid_schema',
    'refusal',
    'content_filter',
    'length',
  ] as const),
] satisfies FailOn[]

/** OpenAI's words for the ends that a target's own may mean; `function_call` is an older one for `tool_calls`. */
const ENDS = ['stop', 'length', 'tool_calls', 'content_filter'] as const satisfies FinishReason[]

/** What all targets below a level inherit. */
export const SETTINGS = {
  custom_host: baseUrl,
  override_params: data,
  models: v.record(v.string(), text, must('an object')),
  equivalent_models: flag,
  prices,
  metadata: data,
  retry: keys({
    attempts: integer(0, MAX_RETRIES),
    on_status_codes: statuses,
    use_retry_after_header: flag,
    max_delay: duration,
  }),
  connect_timeout: durationOrNone,
  first_chunk_timeout: durationOrNone,
  idle_timeout: durationOrNone,
  request_timeout: durationOrNone,
  min_chunk_rate: closed(
    { characters_per_second: rate, ...optional({ window: duration }) },
    { unknownKey: unknownKeyOf(['characters_per_second', 'window']) },
  ),
  mid_stream: v.union([oneOf(MID_STREAM), ladder], ({ input }) =>
    unknown('value', firstUnknown(input), Array.isArray(input) ? RUNGS : MID_STREAM),
  ),
  prefill: flag,
  continue_instruction: prose,
  tool_calls: oneOf(['whole', 'live']),
  fail_on: v.array(oneOf(FAIL_ON), must('an array')),
  finish_reasons: v.record(word, oneOf(ENDS), must('an object')),
  cb_config: keys(
    {
      failure_threshold: positive,
      failure_threshold_percentage: percentage,
      interval: duration,
      cooldown_interval: duration,
      minimum_requests: positive,
      failure_status_codes: statuses,
    },
    'failure_threshold',
    'failure_threshold_percentage',
  ),
  forward_headers: headerNames,
  forward_metadata: metadataKeys,
  strict_open_ai_compliance: flag,
}

/** What holds for a request as a whole, and stands at the top only. */
export const REQUEST = {
  total_timeout: duration,
  retry_budget: integer(0, 100),
  commit_after: keys({ chunks: positive, ms: duration, bytes: positive }, 'chunks', 'ms', 'bytes'),
  model_routing: flag,
  keep_alive: durationOrNone,
  keep_alive_before_commit: flag,
  coalesce: keys({ ms: duration, chars: positive }, 'ms', 'chars'),
  log_chunks: flag,
  /** Names the JSON Schema for editors; not looked at. */
  $schema: word,
}

/** The fields of each provider. */
export const PROVIDERS = {
  openai: { openai_organization: text, openai_project: text, openai_api: oneOf(['chat', 'responses']) },
  anthropic: { anthropic_version: text, anthropic_beta: text },
  'azure-openai': {
    resource_name: hostLabel,
    deployment_id: text,
    api_version: text,
    azure_ad_token: secret,
    base_model: text,
    openai_api: oneOf(['chat', 'responses']),
  },
  google: {},
  'vertex-ai': { vertex_project_id: text, vertex_region: hostLabel, anthropic_beta: text },
  cohere: { api_version: v.picklist(['v2', 'v1'], must('v2 or v1 for cohere')) },
  bedrock: {
    aws_access_key_id: secret,
    aws_secret_access_key: secret,
    aws_session_token: secret,
    aws_region: hostLabel,
    bedrock_api: oneOf(['converse', 'invoke']),
    base_model: text,
    anthropic_beta: text,
  },
  groq: {},
  'together-ai': {},
  'mistral-ai': {},
}

/** All fields: for groups, whose targets inherit those that their provider has, and for providers of the application's own. */
export const FIELDS = {
  ...PROVIDERS.cohere,
  ...PROVIDERS['azure-openai'],
  ...PROVIDERS.bedrock,
  ...PROVIDERS['vertex-ai'],
  ...PROVIDERS.anthropic,
  ...PROVIDERS.openai,
} satisfies { [Field in keyof Required<ProviderFields>]: v.GenericSchema }

/** What a target or a group of targets says of itself alone. */
export const OWN = { name, weight }

/** What only a target says. */
export const TARGET = { api_key: secret, api_keys: apiKeys }

// As `then: word` the linter takes it for a promise.
const then = word
const conditions = each(closed({ query, then }, { unknownKey: unknownKeyOf(['query', 'then']) }))

/** The keys of each `strategy.mode`. */
export const STRATEGIES = {
  single: { on_status_codes: statuses },
  fallback: { on_status_codes: statuses },
  loadbalance: { on_status_codes: statuses, by: oneOf(['weight', 'latency', 'least_busy']), sticky: word },
  conditional: { conditions, default: word },
  hedge: { on_status_codes: statuses, delay, max_extra: share },
}

export type ProviderName = keyof typeof PROVIDERS
export type Mode = keyof typeof STRATEGIES

/** An object of these keys, any of which may be left out, but not all of `oneOf`. */
function keys<const Entries extends Table>(entries: Entries, ...oneOf: (keyof Entries & string)[]) {
  const schema = closed(optional(entries), { unknownKey: unknownKeyOf(Object.keys(entries)), oneOf })
  return v.pipe(schema, v.metadata(oneOf.length === 0 ? {} : { anyOf: oneOf.map((key) => ({ required: [key] })) }))
}

/** The message for a key that is not one of those known. */
export function unknownKeyOf(known: readonly string[]): (key: string) => string {
  return (key) => {
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
}
