import type { FailOn, MidStream } from '../types/answer.ts'
import type { Level, Top } from './levels.ts'
import { resolvePrices } from './prices.ts'
import type { BreakerSettings, ChunkRate, ResolvedRequestSettings, ResolvedSettings } from './resolved.ts'

/** What a level says about itself alone. The rest of it goes down to its targets. */
type OwnKey = 'strategy' | 'targets' | 'provider' | 'api_key' | 'api_keys' | 'name' | 'weight'
export type Inherited = Omit<Level, OwnKey>

/** Statuses that are transient by nature. */
export const TRANSIENT_STATUSES: readonly number[] = Object.freeze([408, 409, 429, 500, 502, 503, 504, 529])
const DEFAULT_MAX_DELAY = 10_000
const DEFAULT_CONNECT_TIMEOUT = 10_000
/** As long as the SDKs wait: a reasoning model may think for minutes. */
const DEFAULT_FIRST_CHUNK_TIMEOUT = 600_000
const DEFAULT_IDLE_TIMEOUT = 300_000
/** Below the idle limits of common balancers, and of clients with a read timeout. */
const DEFAULT_KEEP_ALIVE = 15_000
const DEFAULT_MID_STREAM: readonly MidStream[] = ['continue', 'restart']
const DEFAULT_FAIL_ON: readonly FailOn[] = Object.freeze(['empty', 'invalid_tool_calls', 'invalid_json'])
const DEFAULT_RATE_WINDOW = 5_000
const DEFAULT_BREAKER_STATUSES: readonly number[] = Object.freeze([429, 500, 502, 503, 504, 529])
const DEFAULT_BREAKER_INTERVAL = 60_000
const DEFAULT_COOLDOWN = 30_000
/** With `chars` alone: no text lies here while the model pauses. */
const DEFAULT_COALESCE_MS = 100
/** Longer texts are not small. */
const MAX_COALESCED = 16_384
/** A share of fewer requests than this says little. */
const DEFAULT_MINIMUM_FOR_SHARE = 10

/**
 * What a model is asked that cannot simply go on with its own text. Its repeated words are the proof that it goes on from
 * the right place. It says nothing of language and manner, other than to keep those of the broken answer.
 */
export const DEFAULT_CONTINUE_INSTRUCTION =
  'Your last message was cut off before it was complete. Begin with about its last ten words, repeated exactly as they ' +
  'stand there, and go straight on from them to the end. Do not comment on the interruption and do not repeat anything ' +
  'else. Keep to the language, tone and format of that message.'

/** What a target has, from all that it inherits. */
export function settingsOf(level: Inherited): ResolvedSettings {
  const midStream = rungsOf(level.mid_stream ?? DEFAULT_MID_STREAM)
  return Object.freeze({
    retry: Object.freeze({
      attempts: level.retry?.attempts ?? 0,
      onStatusCodes: Object.freeze(level.retry?.on_status_codes ?? TRANSIENT_STATUSES),
      useRetryAfterHeader: level.retry?.use_retry_after_header ?? true,
      maxDelay: level.retry?.max_delay ?? DEFAULT_MAX_DELAY,
    }),
    connectTimeout: (level.connect_timeout ?? DEFAULT_CONNECT_TIMEOUT) || undefined,
    firstChunkTimeout: (level.first_chunk_timeout ?? DEFAULT_FIRST_CHUNK_TIMEOUT) || undefined,
    idleTimeout: (level.idle_timeout ?? DEFAULT_IDLE_TIMEOUT) || undefined,
    requestTimeout: level.request_timeout || undefined,
    minChunkRate: rateOf(level.min_chunk_rate),
    midStream,
    prefill: level.prefill,
    continueInstruction: level.continue_instruction ?? DEFAULT_CONTINUE_INSTRUCTION,
    // Where a break ends the answer anyway, holding calls back gains nothing.
    toolCalls: level.tool_calls ?? (midStream.length === 0 ? 'live' : 'whole'),
    failOn: Object.freeze(level.fail_on ?? DEFAULT_FAIL_ON),
    finishReasons: Object.freeze(level.finish_reasons ?? {}),
    forwardHeaders: Object.freeze(level.forward_headers ?? []),
    forwardMetadata: Object.freeze(level.forward_metadata ?? []),
    strict: level.strict_open_ai_compliance ?? true,
    models: Object.freeze(level.models ?? {}),
    equivalentModels: level.equivalent_models ?? true,
    overrideParams: Object.freeze(level.override_params ?? {}),
    metadata: Object.freeze(level.metadata ?? {}),
    prices: resolvePrices(level.prices),
    breaker: breakerOf(level.cb_config),
  })
}

function rungsOf(given: NonNullable<Level['mid_stream']> | readonly MidStream[]): readonly MidStream[] {
  if (typeof given !== 'string') return Object.freeze([...given])
  return Object.freeze(given === 'error' ? [] : [given])
}

function rateOf(rate: Level['min_chunk_rate']): ChunkRate | undefined {
  if (rate?.characters_per_second === undefined) return undefined
  return Object.freeze({
    charactersPerSecond: rate.characters_per_second,
    window: rate.window ?? DEFAULT_RATE_WINDOW,
  })
}

function breakerOf(config: Level['cb_config']): BreakerSettings | undefined {
  if (config === undefined) return undefined
  const percentage = config.failure_threshold_percentage
  return Object.freeze({
    failureThreshold: config.failure_threshold,
    failureShare: percentage === undefined ? undefined : percentage / 100,
    interval: config.interval ?? DEFAULT_BREAKER_INTERVAL,
    cooldown: config.cooldown_interval ?? DEFAULT_COOLDOWN,
    minimumRequests: config.minimum_requests ?? (percentage === undefined ? 1 : DEFAULT_MINIMUM_FOR_SHARE),
    failureStatusCodes: Object.freeze(config.failure_status_codes ?? DEFAULT_BREAKER_STATUSES),
  })
}

function coalesceOf(config: Top['coalesce']): ResolvedRequestSettings['coalesce'] {
  if (config === undefined) return undefined
  return Object.freeze({
    ms: config.ms ?? DEFAULT_COALESCE_MS,
    chars: Math.min(config.chars ?? MAX_COALESCED, MAX_COALESCED),
  })
}

/** What the top of a config says of the request as a whole. */
export function requestSettingsOf(top: Top): ResolvedRequestSettings {
  return Object.freeze({
    totalTimeout: top.total_timeout,
    retryBudget: top.retry_budget,
    modelRouting: top.model_routing ?? false,
    commitAfter: top.commit_after && Object.freeze(top.commit_after),
    keepAlive: (top.keep_alive ?? DEFAULT_KEEP_ALIVE) || undefined,
    keepAliveBeforeCommit: top.keep_alive_before_commit ?? false,
    coalesce: coalesceOf(top.coalesce),
    logChunks: top.log_chunks ?? false,
  })
}
