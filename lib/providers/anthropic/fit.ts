import type { ChatRequest } from '../../types/chat.ts'
import { type Adjustment, adjustments, type Note } from '../adjustments.ts'
import { orderedMessages } from '../conversation.ts'
import { withHistoryTools } from '../history-tools.ts'
import { fittedNames, type NamedTools, type NameRules } from '../tool-names.ts'
import { modelFor } from './models.ts'
import { nativeToolNames } from './native-tools.ts'

/** Source: the API's 400, "String should match pattern '^[a-zA-Z0-9_-]{1,128}$'". */
const NAMES: NameRules = { pattern: /^[a-zA-Z0-9_-]+$/, longest: 128 }

/** The request with names of tools that Anthropic takes: what its answer is read by, too. */
export function namedForAnthropic(request: ChatRequest, note?: Note): NamedTools {
  return fittedNames(request, { ...NAMES, reserved: nativeToolNames(request) }, note)
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
