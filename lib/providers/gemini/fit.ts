import type { ChatRequest } from '../../types/chat.ts'
import { type Adjustment, adjustments, type Note } from '../adjustments.ts'
import { orderedMessages } from '../conversation.ts'
import { fittedNames, type NamedTools, type NameRules } from '../tool-names.ts'
import { continuesText, generation } from './models.ts'

/** Source: ai.google.dev, FunctionDeclaration; the older limit on the length. */
const NAMES: NameRules = { pattern: /^[a-zA-Z_][a-zA-Z0-9_.:-]*$/, longest: 64 }

/** The request with names of functions that Gemini takes: what its answer is read by, too. */
export function namedForGemini(request: ChatRequest, note?: Note): NamedTools {
  return fittedNames(request, NAMES, note)
}

/**
 * The request with its conversation in Gemini's order: a call comes right after the user's turn, with as many results behind it.
 * Generation 3 takes images in results. Source: ai.google.dev, function calling, and the API's 400s.
 */
export function fitForGemini(request: ChatRequest): { request: ChatRequest; adjusted: Adjustment[] } {
  const { note, list } = adjustments()
  const named = namedForGemini(request, note).request
  const messages = orderedMessages(
    named.messages,
    {
      userFirst: true,
      userLast: !continuesText(request.model),
      mediaInResults: generation(request.model) >= 3,
      drawnImages: true,
    },
    note,
  )
  return { request: { ...named, messages }, adjusted: list() }
}
