import type { Awaitable } from './when.ts'

/** Gets the errors of a store. */
export type Logger = Pick<Console, 'error'>

/** How long a store may take. */
const PATIENCE_MS = 250
/** A store that failed is not asked again for so long: it would delay every request, and a client may queue for ever. */
const REST_MS = 1000
const REPORT_EVERY_MS = 60_000

/**
 * Does work on a store with a bound on its time and `instead` of its errors, which go to the logger once a minute at most.
 * `late` gets what came after the time was up.
 */
export type Guard = <T>(work: () => Awaitable<T>, instead: T, late?: (value: T) => unknown) => Awaitable<T>

export function guard(now: () => number, logger: Logger | undefined): Guard {
  let restsUntil = -Infinity
  let silentUntil = -Infinity

  const onFault = (cause: unknown) => {
    restsUntil = now() + REST_MS
    if (now() < silentUntil) return
    silentUntil = now() + REPORT_EVERY_MS
    logger?.error(new Error('The breaker store failed. Circuits count as closed until it answers.', { cause }))
  }

  return (work, instead, late) => {
    if (now() < restsUntil) return instead
    try {
      const answer = work()
      return answer instanceof Promise ? bounded(answer, instead, late, onFault) : answer
    } catch (error) {
      onFault(error)
      return instead
    }
  }
}

function bounded<T>(
  answer: Promise<T>,
  instead: T,
  late: ((value: T) => unknown) | undefined,
  onFault: (cause: unknown) => void,
): Promise<T> {
  return new Promise((resolve) => {
    let expired = false
    const timer = setTimeout(() => {
      expired = true
      onFault(new Error(`No answer within ${PATIENCE_MS} ms.`))
      resolve(instead)
    }, PATIENCE_MS)
    answer
      .then((value) => (expired ? late?.(value) : resolve(value)))
      .catch((error: unknown) => {
        onFault(error)
        resolve(instead)
      })
      .finally(() => clearTimeout(timer))
  })
}
