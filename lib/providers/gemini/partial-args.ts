import { streamFailure } from '../../errors.ts'
import { type Json, list, object, text } from '../json.ts'

type Key = string | number

/**
 * Puts together arguments that Vertex streams leaf by leaf: `{jsonPath: '$.a.b[0]', stringValue: 'Bos', willContinue:
 * true}`. We never ask for it, but such a stream must not pass for calls without arguments. Objects have no prototype, so
 * no path leads to it; an array grows by its next index only.
 */
export function partialArgs(): { add(leaves: unknown): void; value(): unknown } {
  let root: unknown = Object.create(null)
  let open: string | undefined
  let size = 0

  const add = (leaf: Json) => {
    const path = text(leaf.jsonPath)
    const keys = keysOf(path)
    if (keys.length === 0) return
    const value = leafValue(leaf)
    size += path.length + String(value).length
    if (size > MAX_SIZE) throw streamFailure('malformed', 'The provider sent arguments that never end.')
    const continued = path === open
    root = put(root, keys, (before) => {
      if (value === undefined) return before ?? (path.endsWith('[]') ? [] : Object.create(null))
      return continued && typeof before === 'string' && typeof value === 'string' ? before + value : value
    })
    open = leaf.willContinue === true ? path : undefined
  }

  return {
    add(leaves) {
      for (const leaf of list(leaves)) add(object(leaf))
    },
    value: () => root,
  }
}

/** The value with a new one at the end of the path, and containers along it where there were none. */
function put(at: unknown, [key, ...rest]: readonly Key[], change: (before: unknown) => unknown): unknown {
  if (key === undefined) return change(at)
  if (typeof key === 'number' || Array.isArray(at)) {
    const array: unknown[] = Array.isArray(at) ? at : []
    const index = Number(key)
    if (index <= array.length) array[index] = put(array[index], rest, change)
    return array
  }
  const object: Record<string, unknown> = typeof at === 'object' && at !== null ? at : Object.create(null)
  object[key] = put(object[key], rest, change)
  return object
}

/** In characters; far more than a model can write in one answer. */
const MAX_SIZE = 4 * 1024 * 1024

const MAX_DEPTH = 100

/** `$.a.b[0]` as its keys; a trailing `[]` names the array itself. */
function keysOf(path: string): Key[] {
  const keys = Array.from(path.matchAll(/\[(\d+)\]|[^.[\]$]+/g), ([key, index]) =>
    index === undefined ? key : Number(index),
  )
  if (keys.length > MAX_DEPTH) throw streamFailure('malformed', 'The provider sent arguments that are nested too deep.')
  return keys
}

/** The leaf's value; of a string, its next piece. A leaf without a value closes a string or stands for an empty container. */
function leafValue(leaf: Json): string | number | boolean | null | undefined {
  if (typeof leaf.stringValue === 'string') return leaf.stringValue
  if (typeof leaf.numberValue === 'number') return leaf.numberValue
  if (typeof leaf.boolValue === 'boolean') return leaf.boolValue
  return 'nullValue' in leaf ? null : undefined
}
