import type { Logger } from 'pino'
import type { Hooks } from '../index.ts'

/**
 * One line for each request, and one for each attempt that did not answer it, all with its id and metadata; of messages,
 * headers and keys nothing.
 */
export function logHooks(log: Logger): Hooks {
  return {
    onAttemptEnd({ outcome, failure, ...attempt }) {
      const { requestId, attempt: number, reason, target, provider, model, providerRequestId } = attempt
      const { metadata, timings, chunks } = attempt
      if (outcome === 'whole') return
      const who = { requestId, attempt: number, reason, target, provider, model, providerRequestId }
      const line = { ...who, metadata, failure, timings, chunks }
      if (outcome === 'failed') log.warn(line, 'attempt failed')
      else log.info(line, 'attempt ended')
    },
    onCircuit({ before, ...circuit }) {
      if (before !== undefined || circuit.state !== 'closed') log.warn({ ...circuit, before }, 'circuit')
    },
    onFinish(outcome) {
      log[outcome.outcome === 'failed' ? 'error' : 'info'](outcome, 'request')
    },
  }
}
