import type { Transform } from 'node:stream'
import { type ClassicFlushFn, type ClassicTransformFn, objectTransform, transform } from 'through2'

/**
 * The doorway to through2. Its classic form lets a synchronous throw escape to the socket's read callback, which would
 * end the process; here a throw becomes the stream's error. All use of through2 goes through this file.
 */

/** Passes an item on; `null` ends the output, and nothing may be passed on after it. */
export type Push<Out> = (item: Out | null) => void

/** Objects in, objects out. `flush` runs at a clean end only. */
export function through<In, Out>(
  each: (item: In, push: Push<Out>) => void,
  flush?: (push: Push<Out>) => void,
): Transform {
  return build(objectTransform, each, flush)
}

/** Bytes in, bytes out. `flush` runs at a clean end only. */
export function throughBytes(
  each: (bytes: Buffer, push: Push<Buffer>) => void,
  flush?: (push: Push<Buffer>) => void,
): Transform {
  return build(transform, each, flush)
}

/** Bytes in, objects out, of which one waits at most before more is read. `flush` runs at a clean end only. */
export function throughFrames<In, Out>(
  each: (bytes: In, push: Push<Out>) => void,
  flush?: (push: Push<Out>) => void,
): Transform {
  return build(
    (onItem, onEnd) => transform({ readableObjectMode: true, readableHighWaterMark: 1 }, onItem, onEnd),
    each,
    flush,
  )
}

type Through2 = (each: ClassicTransformFn, flush: ClassicFlushFn) => unknown

function build<In, Out>(
  through2: Through2,
  each: (item: In, push: Push<Out>) => void,
  flush: ((push: Push<Out>) => void) | undefined,
): Transform {
  const stage = through2(
    (item: In, _encoding, done) => {
      try {
        each(item, push)
      } catch (error) {
        done(error as Error)
        return
      }
      done()
    },
    (done) => {
      try {
        flush?.(push)
      } catch (error) {
        done(error as Error)
        return
      }
      done()
    },
    // through2 builds readable-stream's Transform: the same interface as node:stream's, without its prototype.
  ) as Transform
  const push: Push<Out> = (item) => {
    stage.push(item)
  }
  return stage
}
