import type { Transform, TransformCallback } from 'node:stream'
import split2 from 'split2'
import type { WireEvent } from '../../types/provider.ts'
import type { WholeParts } from './whole-lines.ts'

/** A stage of split2's, what keeps what is not whole yet from it, and its own two methods. */
interface Splitter extends Transform {
  parts: WholeParts
  split: Transform['_transform']
  finish: Transform['_flush']
}

/** A split2 stage that is given what is whole alone. `read` is its mapper. What `parts` throws is the stage's error. */
export function splitWhole(mark: string, parts: WholeParts, read: (text: string) => WireEvent | undefined): Transform {
  const stage = split2(mark, read)
  const { _transform: split, _flush: finish } = stage
  // None of them is made here: V8 keeps a closure that was made a member, and all that it reaches, until a major collection.
  return Object.assign(stage, { parts, split, finish, _transform: addWhole, _flush: addRest })
}

function addWhole(this: Splitter, bytes: Buffer, encoding: BufferEncoding, done: TransformCallback): void {
  let whole: Buffer | undefined
  try {
    whole = this.parts.add(bytes)
  } catch (error) {
    done(error as Error)
    return
  }
  if (whole === undefined) done()
  else this.split(whole, encoding, done)
}

function addRest(this: Splitter, done: TransformCallback): void {
  this.split(this.parts.end(), 'buffer' as BufferEncoding, (error) => {
    if (error == null) this.finish(done)
    else done(error)
  })
}
