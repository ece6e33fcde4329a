import type { Transform } from 'node:stream'
import type { WireEvent } from '../../types/provider.ts'
import { throughEvents } from '../through.ts'
import { jsonArrayGrammar } from './grammar/json-array.ts'

/** Bytes in, one event for each element of one JSON array. A body that ends inside the array is the error `truncated`. */
export function jsonArray(limits: { maxEventBytes: number }): Transform {
  const grammar = jsonArrayGrammar(limits.maxEventBytes)
  return throughEvents<WireEvent>(
    (bytes, push) => {
      grammar.cut(bytes, (data) => push({ event: undefined, data }))
    },
    () => grammar.end(),
  )
}
