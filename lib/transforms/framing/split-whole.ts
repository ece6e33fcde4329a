import type { Transform } from 'node:stream'
import split2 from 'split2'
import type { WireEvent } from '../../types/provider.ts'
import type { WholeParts } from './whole-lines.ts'

/** A split2 stage that is given what is whole alone. `read` is its mapper. What `parts` throws is the stage's error. */
export function splitWhole(mark: string, parts: WholeParts, read: (text: string) => WireEvent | undefined): Transform {
  const stage = split2(mark, read)
  const { _transform: split, _flush: finish } = stage
  return Object.assign(stage, {
    _transform(bytes, encoding, done) {
      let whole: Buffer | undefined
      try {
        whole = parts.add(bytes)
      } catch (error) {
        done(error as Error)
        return
      }
      if (whole === undefined) done()
      else split.call(stage, whole, encoding, done)
    },
    _flush(done) {
      const finished = (error?: Error | null) => (error == null ? finish.call(stage, done) : done(error))
      split.call(stage, parts.end(), 'buffer' as BufferEncoding, finished)
    },
  } satisfies Pick<Transform, '_transform' | '_flush'>)
}
