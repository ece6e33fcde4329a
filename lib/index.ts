export type { CircuitState } from './breaker/breaker.ts'
export { type MemoryStoreOptions, memoryStore } from './breaker/memory-store.ts'
export { type RedisClient, redisStore } from './breaker/redis-store.ts'
export type { BreakerStore } from './breaker/store.ts'
export { ConfigError, type StreamgateConfig, type TargetConfig } from './config.ts'
export { type ItemStore, type MemoryItemStoreOptions, memoryItemStore } from './dialects/responses/item-store.ts'
export type { FailureKind } from './errors.ts'
export { createFetch, type FetchLike, type FetchOptions, type StreamgateFetch } from './fetch.ts'
export { combineHooks } from './hooks.ts'
export type { StreamgateRequest, StreamgateResponse } from './middleware/mount.ts'
export { type Streamgate, streamgate } from './middleware/streamgate.ts'
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
export type { ChatRequest } from './types/chat.ts'
export type { Chunk, ChunkChoice, ChunkDelta, ChunkToolCall, FinishReason, Usage } from './types/chunk.ts'
