/** How long the last events may take behind the answer, in milliseconds. */
const EVENTS_LAG = 5000
const EVENTS = /** @type {const} */ (['start', 'content', 'chunks', 'end', 'finish'])

/** Listens to a run's events, from before it begins. Without them, the answer is shown all the same. */
export function listen(
  /** @type {string} */ id,
  /** @type {(event: import('./model.js').RunEvent) => void} */ onEvent,
) {
  const source = new EventSource(`/playground/events?id=${id}`)
  for (const type of EVENTS) source.addEventListener(type, ({ data }) => onEvent({ type, data: JSON.parse(data) }))
  // Behind the listeners above: who waits for the end goes on as soon as the first of two has been called.
  const ended = new Promise((end) => {
    source.addEventListener('error', end)
    source.addEventListener('finish', end)
  })
  const events = {
    async ended() {
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, EVENTS_LAG))])
      source.close()
    },
  }
  return new Promise((/** @type {(listening: typeof events) => void} */ resolve) => {
    source.addEventListener('open', () => resolve(events))
    source.addEventListener('error', () => {
      // It would connect again by itself.
      source.close()
      resolve(events)
    })
  })
}
