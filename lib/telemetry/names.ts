/**
 * The names that telemetry goes by: those of OpenTelemetry's semantic conventions where there is one, else our own. The
 * conventions for generative AI may still change, and a test compares these with the published constants.
 */

export const ATTR = {
  operation: 'gen_ai.operation.name',
  provider: 'gen_ai.provider.name',
  conversation: 'gen_ai.conversation.id',
  requestModel: 'gen_ai.request.model',
  requestStream: 'gen_ai.request.stream',
  responseId: 'gen_ai.response.id',
  responseModel: 'gen_ai.response.model',
  finishReasons: 'gen_ai.response.finish_reasons',
  timeToFirstChunk: 'gen_ai.response.time_to_first_chunk',
  inputTokens: 'gen_ai.usage.input_tokens',
  outputTokens: 'gen_ai.usage.output_tokens',
  cachedTokens: 'gen_ai.usage.cache_read.input_tokens',
  reasoningTokens: 'gen_ai.usage.reasoning.output_tokens',
  inputMessages: 'gen_ai.input.messages',
  outputMessages: 'gen_ai.output.messages',
  tokenType: 'gen_ai.token.type',
  errorType: 'error.type',
  httpStatus: 'http.response.status_code',
  user: 'user.id',
  session: 'session.id',
} as const

/** Of streamgate's own. */
export const OWN = {
  requestId: 'streamgate.request.id',
  dialect: 'streamgate.dialect',
  providerRequestId: 'streamgate.provider.request.id',
  outcome: 'streamgate.outcome',
  target: 'streamgate.target',
  key: 'streamgate.key',
  attempt: 'streamgate.attempt',
  reason: 'streamgate.attempt.reason',
  resume: 'streamgate.attempt.resume',
  resumed: 'streamgate.attempt.resumed',
  chunks: 'streamgate.chunks',
  attempts: 'streamgate.attempts',
  retries: 'streamgate.retries',
  fallbacks: 'streamgate.fallbacks',
  hedges: 'streamgate.hedges',
  restarts: 'streamgate.restarts',
  recoveries: 'streamgate.recoveries',
  truncated: 'streamgate.truncated',
  cost: 'streamgate.cost',
  estimated: 'streamgate.cost.estimated',
  /** Followed by a key of the metadata. */
  metadata: 'streamgate.metadata.',
} as const

export const METRIC = {
  duration: 'gen_ai.client.operation.duration',
  timeToFirstChunk: 'gen_ai.client.operation.time_to_first_chunk',
  timePerOutputChunk: 'gen_ai.client.operation.time_per_output_chunk',
  tokens: 'gen_ai.client.token.usage',
  requestDuration: 'gen_ai.server.request.duration',
  timeToFirstToken: 'gen_ai.server.time_to_first_token',
  requests: 'streamgate.requests',
  activeRequests: 'streamgate.active_requests',
  attempts: 'streamgate.attempts',
  retries: 'streamgate.retries',
  fallbacks: 'streamgate.fallbacks',
  hedges: 'streamgate.hedges',
  restarts: 'streamgate.restarts',
  recoveries: 'streamgate.recoveries',
  truncations: 'streamgate.truncations',
  abortedClients: 'streamgate.aborted_clients',
  wastedTokens: 'streamgate.wasted_tokens',
  cost: 'streamgate.cost',
  circuit: 'streamgate.circuit.state',
} as const

export const CHAT = 'chat'
export const TEXT_COMPLETION = 'text_completion'

const PROVIDERS: Readonly<Record<string, string>> = {
  'azure-openai': 'azure.ai.openai',
  google: 'gcp.gemini',
  'vertex-ai': 'gcp.vertex_ai',
  bedrock: 'aws.bedrock',
  'mistral-ai': 'mistral_ai',
  'together-ai': 'together_ai',
}

/** What the conventions call a provider; they do not know Together AI, and no provider of an application's own. */
export function providerName(name: string): string {
  return Object.hasOwn(PROVIDERS, name) ? (PROVIDERS[name] as string) : name
}
