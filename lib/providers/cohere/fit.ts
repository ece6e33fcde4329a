import type { ChatRequest, Message } from '../../types/chat.ts'
import { type Adjustment, adjustments, type Note } from '../adjustments.ts'
import { isSystem } from '../content.ts'
import { orderedMessages } from '../conversation.ts'
import { laterInstructions } from '../later-instructions.ts'
import { fittedNames, type NamedTools, type NameRules } from '../tool-names.ts'

/** Source: docs.cohere.com, reference of `/v1/chat`, `tools.name`; v2 is seen to take hyphens. */
const NAMES: Record<'v1' | 'v2', NameRules> = {
  v1: { pattern: /^[a-zA-Z_]\w*$/, longest: 128 },
  v2: { pattern: /^[a-zA-Z_][\w-]*$/, longest: 128 },
}

/** The request with names of tools that Cohere takes: what its answer is read by, too. */
export function namedForCohere(request: ChatRequest, version: 'v1' | 'v2', note?: Note): NamedTools {
  return fittedNames(request, NAMES[version], note)
}

/**
 * The request with its conversation in Cohere's order: it ends with the user or with results, and in v2 only the first turn is the
 * system's. Source: docs.cohere.com, errors page.
 */
export function fitForCohere(
  request: ChatRequest,
  version: 'v1' | 'v2',
): { request: ChatRequest; adjusted: Adjustment[] } {
  const { note, list } = adjustments()
  const named = namedForCohere(request, version, note).request
  const ordered = orderedMessages(named.messages, { userFirst: true, userLast: true }, note)
  const messages = version === 'v2' ? withInstructionsInPlace(ordered, note) : ordered
  return { request: { ...named, messages }, adjusted: list() }
}

/** In v2 only the first turns are the system's. */
function withInstructionsInPlace(messages: readonly Message[], note: Note): Message[] {
  const begin = messages.findIndex((message) => !isSystem(message))
  return laterInstructions(messages, (_before, index) => index >= begin, note)
}
