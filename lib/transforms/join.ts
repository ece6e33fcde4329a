import type { Readable, Transform, Writable } from 'node:stream'

export interface JoinOptions<Out> {
  /** Takes what the last stage passes on. False: no more, please, until `onReady` has called back. What it throws is a failure. */
  write: (item: Out) => boolean
  onReady: (callback: () => void) => void
  /**
   * The source broke off, or a stage failed. Returns whether the stages behind it are to pass on what they hold; behind the
   * source they always are.
   */
  onBroken: (error: Error, stage?: Transform) => boolean
  /**
   * Called once: without an error when the last stage has ended, else with the first failure. `stage` is the one that failed.
   */
  onDone: (error?: Error, stage?: Transform) => void
}

/**
 * Joins a source and its stages, one at least, and writes what they pass on; failures of any of them come out at one place.
 * Returns a function that takes them apart without a call to `onDone`. `stream.pipeline` would do the same for 30 KB a stream
 * and a DOMException a request; bare `pipe` does not notice a source that closes early, and takes three times the listeners.
 */
export function join<Out>(
  source: Readable,
  stages: readonly Transform[],
  { write, onReady, onBroken, onDone }: JoinOptions<Out>,
): () => void {
  const [first, last] = [stages[0] as Transform, stages.at(-1) as Transform]
  let open = true
  let failure: { error: Error; stage: Transform } | undefined

  const unjoin = () => {
    open = false
    source.off('error', onBreak).off('close', onClose)
    unlink()
    for (const stage of stages) {
      // Of Node's own Transforms, as split2 is one, V8 drops none before a major collection (each assigns a closure to a member, see
      // scripts/lint/no-member-closures.grit): what hangs on it, the whole request, is taken off.
      stage.removeAllListeners()
      stage.on('error', ignore)
      stage.destroy()
    }
  }
  const done = () => {
    unjoin()
    onDone(failure?.error, failure?.stage)
  }
  const onFailed = (stage: Transform, error: Error) => {
    if (!open) return
    failure ??= { error, stage }
    const endsCleanly = onBroken(error, stage)
    const next = stages[stages.indexOf(stage) + 1]
    if (endsCleanly && next !== undefined) next.end()
    else done()
  }
  const onBreak = (error: Error) => {
    source.off('close', onClose)
    onBroken(error)
    first.end()
  }
  const onClose = () => {
    if (!source.readableEnded) onBreak(new Error('the connection was closed early'))
  }
  const onItem = (item: Out) => {
    try {
      if (write(item)) return
    } catch (error) {
      // Streams emit with nobody above them to catch it: thrown on, it would end the process.
      return onFailed(last, error as Error)
    }
    last.pause()
    onReady(() => {
      if (open) last.resume()
    })
  }

  source.on('error', onBreak).on('close', onClose)
  for (const stage of stages) {
    stage.on('error', (error) => onFailed(stage, error))
    stage.on('close', () => {
      if (!stage.readableEnded && failure?.stage !== stage)
        onFailed(stage, new Error('a stage was closed before its end'))
    })
  }
  last.on('data', onItem).on('end', done)
  const unlink = link(source, first)
  stages.reduce((from, to) => {
    link(from, to)
    return to
  })
  // It may have ended, or broken off, before anybody listened.
  if (source.readableEnded) first.end()
  else if (source.closed) onClose()
  return unjoin
}

/** Passes on what the one brings, as fast as the other takes it, and its end. Returns a function that parts them. */
function link(from: Readable, to: Writable): () => void {
  const onData = (item: unknown) => {
    if (to.write(item)) return
    from.pause()
    to.once('drain', () => from.resume())
  }
  const onEnd = () => to.end()
  from.on('data', onData).on('end', onEnd)
  return () => from.off('data', onData).off('end', onEnd).pause()
}

function ignore(): void {}
