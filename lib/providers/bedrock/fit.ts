import type { ChatRequest } from '../../types/chat.ts'
import type { Note } from '../adjustments.ts'
import { type Renamed, withProperties } from '../anthropic/fit.ts'
import { modelFor } from '../anthropic/models.ts'
import { nativeToolNames } from '../anthropic/native-tools.ts'
import { isSystem } from '../content.ts'
import { orderedMessages } from '../conversation.ts'
import { callsAsText, withHistoryTools } from '../history-tools.ts'
import { instructionsAsUser } from '../instructions.ts'
import { shortId } from '../openai/ids.ts'
import { fittedNames, withClientNames } from '../tool-names.ts'
import { lacks } from './model-rules.ts'
import { type Family, familyOf } from './models.ts'

/** Source: API reference of ToolSpecification; Cohere's own API takes fewer characters. */
const NAME = /^[a-zA-Z0-9_-]+$/
const COHERE_NAME = /^[a-zA-Z_]\w*$/
const LONGEST_NAME = 64

/** The request with names of tools that its model takes: what its answer is read by, too. */
export function namedForBedrock(request: ChatRequest, note?: Note): Renamed {
  const family = familyOf(request.model)
  const pattern = family === 'command-r' ? COHERE_NAME : NAME
  const reserved = family === 'claude' ? nativeToolNames(request) : []
  const tools = fittedNames(request, { pattern, longest: LONGEST_NAME, reserved }, note)
  if (family === 'claude') return withProperties(tools, note)
  return { request: tools.request, decoder: (decoder) => withClientNames(decoder, tools.clientNames) }
}

/** The request with its conversation in the order of ConverseStream, or with `invoke` in that of the model's own API. */
export function fitForBedrock(request: ChatRequest, invoke: boolean, note: Note): ChatRequest {
  const family = familyOf(request.model)
  const named = namedForBedrock(request, note).request
  const declared = invoke && family === 'claude' ? withHistoryTools(named, note) : named
  const rules = {
    callId: family.startsWith('mistral') ? nineLetters : plainId,
    userFirst: true,
    userLast: !continuesText(request.model, family, invoke),
    mediaInResults: MEDIA_IN_RESULTS.has(family),
  }
  const ordered = orderedMessages(declared.messages, rules, note)
  if (invoke) return { ...declared, messages: BY_PROMPT.has(family) ? callsAsText(ordered, note) : ordered }
  if (!lacks(request.model, 'system') || !ordered.some(isSystem)) return { ...declared, messages: ordered }
  note('instructions-as-user')
  return { ...declared, messages: instructionsAsUser(ordered) }
}

/** Source: API reference of ToolResultContentBlock; "image" is for Claude 3 and later, and Nova. */
const MEDIA_IN_RESULTS: ReadonlySet<Family> = new Set(['claude', 'nova', 'nova-2'])

/** Families that get one text by `invoke`, whose last words are the answer's first. */
const BY_PROMPT: ReadonlySet<Family> = new Set(['llama-3', 'mistral-text', 'titan'])

/** Whether a last turn of the assistant's is gone on with. Source: docs.aws.amazon.com/nova, prefilling. */
function continuesText(model: string, family: Family, invoke: boolean): boolean {
  if (family === 'claude') return modelFor(model).prefill
  return family.startsWith('nova') || (invoke && BY_PROMPT.has(family))
}

/** Ids that other providers made may hold what Converse refuses, or be too long; cut, two of them could be one. */
function plainId(id: string): string {
  return id.length > LONGEST_ID ? shortId(id, 32) : id.replace(/[^A-Za-z0-9_-]/g, '_') || 'call'
}

const LONGEST_ID = 64

/** Mistral's models take no other ids. */
function nineLetters(id: string): string {
  return /^[A-Za-z0-9]{9}$/.test(id) ? id : shortId(id, 9)
}
