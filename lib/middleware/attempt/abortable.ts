/** A promise that does not outlast the signal; what is no promise is left as it is. */
export function abortable<T>(work: T | Promise<T>, signal: AbortSignal): T | Promise<T> {
  if (!(work instanceof Promise)) {
    signal.throwIfAborted()
    return work
  }
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason)
    // Listened to even then: a rejection that nobody hears ends the process.
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}
