import type { Transform, TransformCallback } from 'node:stream'
import split2 from 'split2'
import type { WireEvent } from '../../types/provider.ts'
import type { WholeParts } from './whole-lines.ts'

/** A stage of split2's, and what keeps what is not whole yet from it. */
interface Splitter extends Transform {
  parts: WholeParts
}

/** A split2 stage that is given what is whole alone. `read` is its mapper. What `parts` throws is the stage's error. */
export function splitWhole(mark: string, parts: WholeParts, read: (text: string) => WireEvent | undefined): Transform {
  return Object.assign(split2(mark, read), { parts, _transform: addWhole, _flush: addRest })
}

/** Those of all stages of split2's. */
const { _transform: split, _flush: finish } = split2()

function addWhole(this: Splitter, bytes: Buffer, encoding: BufferEncoding, done: TransformCallback): void {
  let whole: Buffer | undefined
  try {
    whole = this.parts.add(bytes)
  } catch (error) {
    done(error as Error)
    return
  }
  if (whole === undefined) done()
  else split.call(this, whole, encoding, done)
}

function addRest(this: Splitter, done: TransformCallback): void {
  split.call(this, this.parts.end(), 'buffer' as BufferEncoding, (error) => {
    if (error == null) finish.call(this, done)
    else done(error)
  })
}
