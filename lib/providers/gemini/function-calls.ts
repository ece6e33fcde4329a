import { streamFailure } from '../../errors.ts'
import { argumentText, type Json, object, sizeOf, text } from '../json.ts'
import { partialArgs } from './partial-args.ts'

export interface FunctionCall {
  id: string
  name: string
  /** JSON text. */
  arguments: string
  /** Empty if Gemini gave none: of calls side by side only the first has one. */
  signature: string
}

export interface FunctionCalls {
  add(part: Json): FunctionCall[]
  close(): FunctionCall[]
  /** Characters of the call that is open, about. */
  kept(): number
}

/**
 * The calls of one answer. They come whole; only where arguments are streamed does a call open with its name, go on without
 * it, and close with a part that has no `willContinue`.
 */
export function functionCalls(): FunctionCalls {
  let open: (Omit<FunctionCall, 'arguments'> & { args: unknown; leaves: ReturnType<typeof partialArgs> }) | undefined

  let kept = 0

  const close = (): FunctionCall[] => {
    if (open === undefined) return []
    const { id, name, signature, args, leaves } = open
    open = undefined
    kept = 0
    return [{ id, name, signature, arguments: argumentText(args ?? leaves.value()) }]
  }

  return {
    add(part) {
      const call = object(part.functionCall)
      const name = text(call.name)
      if (name === '' && open === undefined && Object.keys(call).length > 0) {
        throw streamFailure('malformed', 'Gemini made a function call without a name.')
      }
      const before = name === '' ? [] : close()
      if (name !== '') {
        open = {
          id: text(call.id),
          name,
          signature: text(part.thoughtSignature),
          args: call.args,
          leaves: partialArgs(),
        }
      }
      open?.leaves.add(call.partialArgs)
      if (call.willContinue !== true) return [...before, ...close()]
      kept += sizeOf(part)
      return before
    },
    close,
    kept: () => kept,
  }
}
