export type { CircuitState } from './breaker/breaker.ts'
export { memoryStore } from './breaker/memory-store.ts'
export { type RedisClient, redisStore } from './breaker/redis-store.ts'
export type { BreakerStore } from './breaker/store.ts'
export type {
  BreakerSettings,
  ChunkRate,
  ResolvedConfig,
  ResolvedGroup,
  ResolvedRequestSettings,
  ResolvedRoute,
  ResolvedSettings,
  ResolvedTarget,
  StreamgateConfig,
  TargetConfig,
} from './config.ts'
export { ConfigError, parseConfig } from './config.ts'
export type { FailureKind } from './errors.ts'
export { apiError, inBandFailure, parseJson, RequestError, streamFailure, UpstreamError } from './errors.ts'
export type { FetchLike, FetchOptions, StreamgateFetch } from './fetch.ts'
export { createFetch } from './fetch.ts'
export { combineHooks } from './hooks.ts'
export type { Streamgate, StreamgateRequest, StreamgateResponse } from './middleware/streamgate.ts'
export { streamgate } from './middleware/streamgate.ts'
export type {
  AttemptEnd,
  AttemptReason,
  AttemptStart,
  Circuit,
  Credentials,
  FailureInfo,
  Hooks,
  Limits,
  Options,
  Outcome,
  RequestStart,
  ResponseInfo,
  Resumed,
  TargetInfo,
} from './options.ts'
export { DEFAULT_LIMITS } from './options.ts'
export { argumentsObject, dataUrl, maxTokens, stopList, textOf } from './providers/content.ts'
export { droppedParams, type ParamLocations } from './providers/dropped.ts'
export { openaiCompatible } from './providers/openai.ts'
export { withInlineMedia } from './providers/remote-media.ts'
export type * from './types/chat.ts'
export type * from './types/chunk.ts'
export type * from './types/provider.ts'
