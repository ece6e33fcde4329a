import type { Logger } from 'pino'
import type { Hooks } from '../index.ts'

/** One line for each request and one for each attempt that failed; of messages, headers and keys nothing. */
export function logHooks(log: Logger): Hooks {
  return {
    onAttemptEnd({ outcome, attempt, target, provider, model, failure, timings, chunks }) {
      if (outcome !== 'failed') return
      log.warn({ attempt, target, provider, model, failure, timings, chunks }, 'attempt failed')
    },
    onFinish(outcome) {
      log[outcome.outcome === 'failed' ? 'error' : 'info'](outcome, 'request')
    },
  }
}
