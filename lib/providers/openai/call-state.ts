import type { AssistantMessage, ToolCall } from '../../types/chat.ts'
import { isObject, type Json, objects, parsedObject, sizeOf } from '../json.ts'

/**
 * State that hosts of other makers' models want back with a call: `extra_content` (thought signatures behind Google's
 * OpenAI endpoint) and the encrypted `reasoning_details` before it (OpenRouter). It goes back to models of the same family alone:
 * others refuse it. Sources: ai.google.dev, thought signatures; openrouter.ai, preserving reasoning blocks.
 */

const MARK = 'compatible:'

interface CallState {
  family: string
  extra_content?: Json
  reasoning_details?: readonly Json[]
}

/** `google/gemini-3-flash-preview` is of the family `gemini`. */
function familyOf(model: string): string {
  return (
    model
      .split('/')
      .at(-1)
      ?.split(/[-.:\d]/, 1)[0]
      ?.toLowerCase() ?? ''
  )
}

export interface CallStateReader {
  /** Returns what reads the state of the delta's calls. */
  read(delta: Json): (call: Json) => string | undefined
  /** Characters of what waits for the next call. */
  kept(): number
}

/** Reads the state of one choice's calls, over all its deltas. */
export function callStateReader(model: string): CallStateReader {
  let details: Json[] = []
  let kept = 0

  const read = (delta: Json) => {
    for (const detail of objects(delta.reasoning_details)) {
      if (detail.type !== 'reasoning.encrypted') continue
      details.push(detail)
      kept += sizeOf(detail)
    }
    return (call: Json) => {
      const state: CallState = { family: familyOf(model) }
      if (isObject(call.extra_content)) state.extra_content = call.extra_content
      if (details.length > 0) state.reasoning_details = details
      details = []
      kept = 0
      return Object.keys(state).length > 1 ? MARK + JSON.stringify(state) : undefined
    }
  }
  return { read, kept: () => kept }
}

function stateOf({ state }: ToolCall, model: string): CallState | undefined {
  if (!state?.startsWith(MARK)) return undefined
  const { family, extra_content, reasoning_details } = parsedObject(state.slice(MARK.length))
  if (family !== familyOf(model)) return undefined
  return {
    family: familyOf(model),
    ...(isObject(extra_content) && { extra_content }),
    reasoning_details: objects(reasoning_details),
  }
}

/** The fields that go back with a call to `model`. */
export function stateFields(call: ToolCall, model: string): { extra_content?: Json } {
  const { extra_content } = stateOf(call, model) ?? {}
  return extra_content === undefined ? {} : { extra_content }
}

/** The fields that go back with a message of calls to `model`; the client's own win. */
export function messageState({ tool_calls }: AssistantMessage, model: string): { reasoning_details?: readonly Json[] } {
  const details = tool_calls?.flatMap((call) => stateOf(call, model)?.reasoning_details ?? []) ?? []
  return details.length > 0 ? { reasoning_details: details } : {}
}
