import type { Readable, Transform } from 'node:stream'

/**
 * - `more`: the next item, please
 * - `wait`: the next one when `onReady` has called back
 * - a function: to be called when `onReady` has called back, in another turn; it goes on with this item
 * - `over`: no other item is wanted, the line is done
 */
export type Next = 'more' | 'wait' | 'over' | (() => Next)

/** What takes the items of a line. What it throws is a failure. */
export interface Tail<Out> {
  sink(item: Out): Next
  /**
   * A stage failed in front of it. Passes on what it still holds; whether that was all that is wanted, so that the failure
   * is of no account.
   */
  cutOff?(): boolean
  /** No more items come, at a clean end or after a break. */
  end?(): void
}

export interface LinkOptions<Out> {
  tail: Tail<Out>
  onReady: (resume: () => void) => void
  /** The source broke off; called once. The stages and the tail still get to pass on what they hold, and tell whole from cut. */
  onBroken: (error: Error) => void
  /** Called once: without an error when the line is done, else with the first failure. */
  onDone: (error?: Error) => void
}

/**
 * Joins a source, its stages (there may be none) and a tail; failures of any of them come out at one place. Answers a function
 * that takes the line apart without a call to `onDone`. `stream.pipeline` would do the same for 30 KB a stream and a
 * DOMException a request; bare `pipe` does not notice a source that closes early.
 */
export function link<Out>(source: Readable, stages: readonly Transform[], options: LinkOptions<Out>): () => void {
  const { tail } = options
  const [first] = stages
  const last = stages.at(-1) ?? source
  let open = true

  const unlink = () => {
    open = false
    source.off('error', onBroken).off('close', onClose)
    if (first === undefined) source.off('data', onItem).off('end', finish)
    else source.unpipe(first)
    for (const stage of stages) {
      // What a stage listens to keeps the whole request alive until a major collection, unless taken off.
      stage.removeAllListeners()
      stage.on('error', ignore)
      stage.destroy()
    }
  }
  const done = (error?: Error) => {
    if (!open) return
    unlink()
    options.onDone(error)
  }
  const finish = () => {
    if (!open) return
    try {
      tail.end?.()
    } catch (error) {
      return done(error as Error)
    }
    done()
  }
  const onBroken = (error: Error) => {
    source.off('close', onClose)
    options.onBroken(error)
    if (first === undefined) finish()
    else first.end()
  }
  const onClose = () => {
    if (!source.readableEnded) onBroken(new Error('the connection was closed early'))
  }
  const onItem = (item: Out) => {
    try {
      goOn(tail.sink(item))
    } catch (error) {
      // Streams emit with nobody above them to catch it: thrown on, it would end the process.
      done(error as Error)
    }
  }
  const goOn = (next: Next) => {
    if (next === 'more') return
    if (next === 'over') return done()
    last.pause()
    // In another turn: else nobody has one until a large item is worked off, if the client takes all of it at once.
    options.onReady(next === 'wait' ? readOn : () => setImmediate(workOn, next))
  }
  const readOn = () => {
    if (open) last.resume()
  }
  const workOn = (rest: () => Next) => {
    if (!open) return
    try {
      const next = rest()
      if (next === 'more') readOn()
      else goOn(next)
    } catch (error) {
      done(error as Error)
    }
  }
  const onFailed = (error: Error) => {
    if (!open) return
    try {
      done(tail.cutOff?.() ? undefined : error)
    } catch (thrown) {
      done(thrown as Error)
    }
  }

  source.on('error', onBroken).on('close', onClose)
  for (const stage of stages) {
    stage.on('error', onFailed).on('close', () => {
      if (!stage.readableEnded) onFailed(new Error('a stage was closed before its end'))
    })
  }
  last.on('data', onItem).on('end', finish)
  stages.reduce<Readable>((from, to) => from.pipe(to), source)
  // It may have ended or broken off before anybody listened.
  if (source.closed) onClose()
  if (source.readableEnded && first === undefined) process.nextTick(finish)
  return () => {
    if (open) unlink()
  }
}

function ignore(): void {}
