import type { ChatRequest } from '../../types/chat.ts'
import type { Decoder } from '../../types/provider.ts'
import { type Adjustment, adjustments, type Note } from '../adjustments.ts'
import { orderedMessages } from '../conversation.ts'
import { withHistoryTools } from '../history-tools.ts'
import { fittedProperties, withClientProperties } from '../property-names.ts'
import { fittedNames, type NamedTools, type NameRules, withClientNames } from '../tool-names.ts'
import { modelFor } from './models.ts'
import { nativeToolNames } from './native-tools.ts'

/** Source: the API's 400, "String should match pattern '^[a-zA-Z0-9_-]{1,128}$'". */
const NAMES: NameRules = { pattern: /^[a-zA-Z0-9_-]+$/, longest: 128 }

/** Source: the API's 400, "Property keys should match pattern '^[a-zA-Z0-9_.-]{1,64}$'". */
const PROPERTIES = /^[a-zA-Z0-9_.-]{1,64}$/

/** The request with names of tools and of their arguments that Claude takes, and the decoder of its answer with the client's own. */
export function namedForAnthropic(request: ChatRequest, note?: Note): Renamed {
  const tools = fittedNames(request, { ...NAMES, reserved: nativeToolNames(request) }, note)
  return withProperties(tools, note)
}

/** Names of tools as another host of Claude takes them, and of their arguments as Claude does. */
export function withProperties({ request, clientNames }: NamedTools, note?: Note): Renamed {
  const properties = fittedProperties(request, PROPERTIES, note)
  return {
    request: properties.request,
    decoder: (decoder) => withClientNames(withClientProperties(decoder, properties), clientNames),
  }
}

export interface Renamed {
  request: ChatRequest
  /** Gives calls the client's names. */
  decoder(decoder: Decoder): Decoder
}

/**
 * The request with its conversation in Anthropic's order. Calls need tools: those of a request without are declared, and forbidden.
 * Source: platform.claude.com, tool use and prefill; the texts of the API's 400s.
 */
export function fitForAnthropic(request: ChatRequest): { request: ChatRequest; adjusted: Adjustment[] } {
  const { note, list } = adjustments()
  const named = namedForAnthropic(request, note).request
  const declared = named.web_search_options == null ? withHistoryTools(named, note) : named
  const messages = orderedMessages(
    declared.messages,
    {
      callId,
      userFirst: true,
      userLast: !modelFor(request.model).prefill,
      mediaInResults: true,
    },
    note,
  )
  return { request: { ...declared, messages }, adjusted: list() }
}

/** Ids that other providers made may hold characters that Anthropic refuses. */
function callId(id: string): string {
  return id.replace(/[^a-zA-Z0-9_-]/g, '_') || 'call'
}
