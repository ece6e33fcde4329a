import type { Transform } from 'node:stream'
import { type ClassicFlushFn, type ClassicTransformFn, objectTransform, transform } from 'through2'

/**
 * The doorway to through2. Its classic form lets a synchronous throw escape to the socket's read callback, which would
 * end the process; here a throw becomes the stream's error. All use of through2 goes through this file.
 */

/** Passes an item on; `null` ends the output, and nothing may be passed on after it. */
export type Push<Out> = (item: Out | null) => void

/** Works on an item. Of one that takes its time it returns a promise, and the next one waits for that. */
export type Each<In, Out> = (item: In, push: Push<Out>) => void | Promise<void>

/** Works at a clean end; not called after an error. */
export type Flush<Out> = (push: Push<Out>) => void

/** Objects in, objects out. */
export function through<In, Out>(each: Each<In, Out>, flush?: Flush<Out>): Transform {
  return build(objectTransform, each, flush)
}

/** Bytes in, objects out. */
export function throughEvents<Out>(each: Each<Buffer, Out>, flush?: Flush<Out>): Transform {
  return build((onItem, onEnd) => transform({ readableObjectMode: true }, onItem, onEnd), each, flush)
}

type Through2 = (each: ClassicTransformFn, flush: ClassicFlushFn) => unknown

function build<In, Out>(through2: Through2, each: Each<In, Out>, flush: Flush<Out> | undefined): Transform {
  const stage = through2(
    (item: In, _encoding, done) => {
      let work: void | Promise<void>
      try {
        work = each(item, push)
      } catch (error) {
        done(error as Error)
        return
      }
      if (work === undefined) done()
      else work.then(() => done(), done)
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
