import type { Attributes, AttributeValue } from '@opentelemetry/api'
import type { AttemptStart, FailureInfo, RequestStart } from '../options.ts'
import type { ChatRequest } from '../types/chat.ts'
import type { Usage } from '../types/chunk.ts'
import { ATTR, CHAT, OWN, providerName, TEXT_COMPLETION } from './names.ts'

/** What a failure counts as: the provider's status if it answered with one, else the kind of failure. */
export function errorType({ kind, status }: FailureInfo): string {
  return kind === 'status' && status !== undefined ? String(status) : kind
}

/** The conventions' name of what a client asked for. An attempt is a chat, whatever it is made for. */
export function operationOf({ dialect, operation }: Pick<RequestStart, 'dialect' | 'operation'>): string {
  return operation ?? (dialect === 'completions' ? TEXT_COMPLETION : CHAT)
}

/** What says in which words a client asked. */
export function dialectAttributes(request: Pick<RequestStart, 'dialect' | 'operation'>): Attributes {
  return { [ATTR.operation]: operationOf(request), [OWN.dialect]: request.dialect }
}

/** What says of whom an attempt asks what. */
export function attemptAttributes({
  provider,
  model,
  target,
  key,
  operation = CHAT,
}: Pick<AttemptStart, 'provider' | 'model' | 'target'> & { key?: string | undefined; operation?: string | undefined }) {
  return {
    [ATTR.operation]: operation,
    [ATTR.provider]: providerName(provider),
    [ATTR.requestModel]: model,
    [OWN.target]: target,
    ...(key !== undefined && { [OWN.key]: key }),
  }
}

export function usageAttributes(usage: Usage | undefined): Attributes {
  if (usage === undefined) return {}
  const cached = usage.prompt_tokens_details?.cached_tokens
  const reasoning = usage.completion_tokens_details?.reasoning_tokens
  return {
    [ATTR.inputTokens]: usage.prompt_tokens,
    [ATTR.outputTokens]: usage.completion_tokens,
    ...(cached !== undefined && { [ATTR.cachedTokens]: cached }),
    ...(reasoning !== undefined && { [ATTR.reasoningTokens]: reasoning }),
  }
}

/** Parameters that are numbers, and nothing that somebody wrote. */
const PARAMETERS = [
  ...(['max_tokens', 'temperature', 'top_p', 'top_k', 'seed'] as const),
  ...(['presence_penalty', 'frequency_penalty'] as const),
]

export function requestAttributes(request: ChatRequest): Attributes {
  const given = PARAMETERS.flatMap((name): [string, number][] => {
    const value = name === 'max_tokens' ? (request.max_completion_tokens ?? request.max_tokens) : request[name]
    return typeof value === 'number' ? [[`gen_ai.request.${name}`, value]] : []
  })
  return Object.fromEntries(given)
}

/** A body has room for more of it than a trace should hold. */
const MOST_KEYS = 32
const LONGEST_KEY = 64
const LONGEST_VALUE = 512

/** Keys that people put a user's or a session's id under. */
const IDS: readonly (readonly [attribute: string, keys: readonly string[]])[] = [
  [ATTR.user, ['_user', 'user_id', 'user']],
  [ATTR.session, ['session_id', '_session', 'session']],
  [ATTR.conversation, ['conversation_id', 'thread_id']],
]

/** Each key of the metadata that is short enough, and under the conventions' names the ids among them. */
export function metadataAttributes(metadata: Readonly<Record<string, unknown>>): Attributes {
  const plain = Object.entries(metadata).flatMap(([key, value]): [string, AttributeValue][] =>
    key.length > LONGEST_KEY || !isPlain(value) ? [] : [[key, shortened(value)]],
  )
  const known = new Map(plain.slice(0, MOST_KEYS))
  const ids = IDS.flatMap(([attribute, keys]): [string, AttributeValue][] => {
    const value = keys.map((key) => known.get(key)).find((each) => each !== undefined)
    return value === undefined ? [] : [[attribute, String(value)]]
  })
  return Object.fromEntries([...[...known].map(([key, value]) => [OWN.metadata + key, value]), ...ids])
}

function isPlain(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value)
}

function shortened(value: string | number | boolean): string | number | boolean {
  return typeof value === 'string' ? value.slice(0, LONGEST_VALUE) : value
}

/**
 * Lets the first `most` different texts through, and says `_OTHER` for the rest: clients choose the names of models, and each
 * is a time series.
 */
export function bounded(most: number): (text: string) => string {
  const known = new Set<string>()
  return (text) => {
    if (known.has(text)) return text
    if (known.size >= most || text.length > LONGEST_VALUE) return '_OTHER'
    known.add(text)
    return text
  }
}
