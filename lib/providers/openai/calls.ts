import { streamFailure } from '../../errors.ts'
import type { ToolCallDelta } from '../../types/provider.ts'
import { count, isObject, type Json, object, text } from '../json.ts'
import { jsonText } from './fields.ts'

interface Call {
  key: number
  id?: string
  named?: true
}

/**
 * Sorts the pieces of one choice's tool calls, over all its chunks, by the call that they belong to. Pieces belong together
 * by `index`, else by `id`, else a piece without a name goes on with the call before it. Mistral sends whole calls without
 * `index`, and for hosted models later pieces without `id` and with an empty name; some servers give every call index 0, so
 * that a new id with a name opens a call at a taken index. Each call has its type, its first id and its first name once.
 */
export function toolCallReader(): (piece: Json) => ToolCallDelta {
  const byIndex = new Map<number, Call>()
  const byId = new Map<string, Call>()
  let last: Call | undefined
  let calls = 0

  function callOf(index: number | undefined, id: string, name: string): Call | undefined {
    if (index !== undefined) {
      const call = byIndex.get(index)
      const another = id !== '' && call?.id !== undefined && id !== call.id && name !== ''
      return another ? undefined : call
    }
    if (id !== '') return byId.get(id)
    return name !== '' && last?.named ? undefined : last
  }

  return (piece) => {
    const body = bodyOf(piece)
    const index = count(piece.index)
    const id = text(piece.id)
    const name = text(body.name)
    const fragment = argumentText(body.arguments ?? body.input)

    const known = callOf(index, id, name)
    const call = known ?? { key: calls++ }
    const delta: ToolCallDelta = { key: call.key }
    if (known === undefined) {
      delta.type = isObject(piece.custom) || piece.type === 'custom' ? 'custom' : 'function'
      // A call without an index counts as the next one, for servers that send the index with later pieces only.
      if (index !== undefined || !byIndex.has(call.key)) byIndex.set(index ?? call.key, call)
    }
    if (id !== '' && call.id === undefined) {
      delta.id = call.id = id
      byId.set(id, call)
    }
    if (name !== '' && !call.named) {
      delta.name = name
      call.named = true
    }
    if (fragment !== '') delta.arguments = fragment
    last = call
    return delta
  }
}

function bodyOf(piece: Json): Json {
  return isObject(piece.function) ? piece.function : object(piece.custom)
}

/** Mistral's schema allows the arguments as an object. */
function argumentText(value: unknown): string {
  if (!isObject(value)) return text(value)
  const written = jsonText(value)
  if (written === undefined) throw streamFailure('malformed', 'The provider sent arguments that nest too deep.')
  return written
}
