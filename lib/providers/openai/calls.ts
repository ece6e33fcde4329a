import { streamFailure } from '../../errors.ts'
import type { ToolCallDelta } from '../../types/provider.ts'
import { isObject, type Json, jsonText, natural, text } from './json.ts'

interface Call {
  key: number
  id?: string
  named?: true
}

/**
 * Tells the tool calls of one choice apart, over all its chunks. Pieces belong together by `index`, else by `id`, else a
 * piece without a name goes on with the call before it. Mistral sends whole calls without `index`, and for hosted models
 * later pieces without `id` and with an empty name; some servers give every call index 0, so that a new id with a name
 * opens a call at a taken index. Type and the first id and name are told once a call.
 */
export function toolCallReader(): (piece: Json) => ToolCallDelta {
  const byIndex = new Map<number, Call>()
  const byId = new Map<string, Call>()
  let last: Call | undefined
  let count = 0

  function callOf(index: number | undefined, id: string | undefined, name: string | undefined): Call | undefined {
    if (index !== undefined) {
      const call = byIndex.get(index)
      const another = id !== undefined && call?.id !== undefined && id !== call.id && name !== undefined
      return another ? undefined : call
    }
    if (id !== undefined) return byId.get(id)
    return name !== undefined && last?.named ? undefined : last
  }

  return (piece) => {
    const body = bodyOf(piece)
    const index = natural(piece.index)
    const id = text(piece.id)
    const name = text(body.name)
    const told = argumentText(body.arguments ?? body.input)

    const known = callOf(index, id, name)
    const call = known ?? { key: count++ }
    const delta: ToolCallDelta = { key: call.key }
    if (known === undefined) {
      delta.type = isObject(piece.custom) || piece.type === 'custom' ? 'custom' : 'function'
      // A call without an index counts as the next one, for servers that send the index with later pieces only.
      if (index !== undefined || !byIndex.has(call.key)) byIndex.set(index ?? call.key, call)
    }
    if (id !== undefined && call.id === undefined) {
      delta.id = call.id = id
      byId.set(id, call)
    }
    if (name !== undefined && !call.named) {
      delta.name = name
      call.named = true
    }
    if (told !== undefined) delta.arguments = told
    last = call
    return delta
  }
}

function bodyOf(piece: Json): Json {
  if (isObject(piece.function)) return piece.function
  return isObject(piece.custom) ? piece.custom : {}
}

/** Mistral's schema allows the arguments as an object. */
function argumentText(value: unknown): string | undefined {
  if (!isObject(value)) return text(value)
  const written = jsonText(value)
  if (written === undefined) throw streamFailure('malformed', 'The provider sent arguments that nest too deep.')
  return written
}
