import type { ChatRequest } from '../../types/chat.ts'
import type { Endpoint } from '../../types/provider.ts'
import type { Note } from '../adjustments.ts'
import { callsAsText } from '../history-tools.ts'
import { cachePoint, keepLastCachePoints, takesCachePoints } from './cache-points.ts'
import { claudeFields } from './claude.ts'
import { type ConverseMessage, conversation, type SystemBlock } from './messages.ts'
import { lacks } from './model-rules.ts'
import { familyOf } from './models.ts'
import { withConverseFields } from './native-fields.ts'
import { modelFields } from './parameters.ts'
import { separateTurns } from './separate-turns.ts'

/**
 * The body of ConverseStream; fields that are undefined are not sent. `request.model` names the family. Without tools Converse
 * refuses calls and results, which then go as text.
 */
export function converseBody(request: ChatRequest, endpoint: Endpoint, note: Note) {
  const family = familyOf(request.model)
  const own = family === 'claude' ? claudeFields(request, endpoint) : modelFields(request)
  const { instruction, replayThinking, ...fields } = own
  const history = fields.toolConfig === undefined ? callsAsText(request.messages, note) : request.messages
  const { system, messages: turns } = conversation(history, { family, replayThinking })
  const messages = lacks(request.model, 'mixed turns') ? separateTurns(turns, note) : turns
  if (instruction !== undefined) instruct(instruction, system, messages, lacks(request.model, 'system'))
  if (takesCachePoints(family)) markEnd(messages, request)
  keepLastCachePoints({ toolConfig: fields.toolConfig, system, messages })
  const body = {
    messages,
    ...(system.length > 0 && { system }),
    ...fields,
    additionalModelRequestFields: given(fields.additionalModelRequestFields),
    serviceTier: serviceTier(request),
    requestMetadata: requestMetadata(request),
  }
  return Object.assign(body, withConverseFields(body, request))
}

/** Where the model has no place for instructions, they are the user's last words. */
function instruct(text: string, system: SystemBlock[], messages: ConverseMessage[], lacksSystem: boolean): void {
  const last = messages.findLast(({ role }) => role === 'user')
  if (lacksSystem && last !== undefined) last.content.push({ text })
  else system.push({ text })
}

/** A mark of the whole request is one behind its last message. */
function markEnd(messages: ConverseMessage[], request: ChatRequest): void {
  const last = messages.at(-1)?.content
  const end = last?.at(-1)
  if (end !== undefined && !('cachePoint' in end)) last?.push(...cachePoint(request))
}

/** The fields, if any has a value. */
function given(fields: Record<string, unknown> = {}): Record<string, unknown> | undefined {
  return Object.values(fields).some((value) => value !== undefined) ? fields : undefined
}

const SERVICE_TIERS = ['default', 'flex', 'priority', 'reserved'] as const

/** `auto` is what Bedrock does unasked; tiers it does not know would be refused. */
export function serviceTier({ service_tier: tier }: ChatRequest): { type: (typeof SERVICE_TIERS)[number] } | undefined {
  const type = SERVICE_TIERS.find((known) => known === tier)
  return type && { type }
}

/** Converse's own limits for an entry; one beyond them would fail the whole request. */
const METADATA = /^[a-zA-Z0-9\s:_@$#=/+,.-]{1,256}$/
const MAX_METADATA = 16

/** The entries that Converse takes. Source: its API reference, `requestMetadata`. */
function requestMetadata({ metadata }: ChatRequest): Record<string, string> | undefined {
  const entries = Object.entries(metadata ?? {}).filter(([key, value]) => METADATA.test(key) && METADATA.test(value))
  return entries.length > 0 ? Object.fromEntries(entries.slice(0, MAX_METADATA)) : undefined
}
