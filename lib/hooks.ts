import type { Hooks } from './options.ts'

/**
 * Hooks that call each of these in turn. What one throws keeps none of the others from being called.
 *
 * @example
 * streamgate(config, combineHooks(openTelemetry(), { onFinish: ({ usage }) => charge(usage) }))
 */
export function combineHooks(...all: readonly Hooks[]): Hooks {
  return {
    onRequest: (...args) => callEach(all, ({ onRequest }) => onRequest?.(...args)),
    onAttemptStart: (...args) => callEach(all, ({ onAttemptStart }) => onAttemptStart?.(...args)),
    onAttemptEnd: (...args) => callEach(all, ({ onAttemptEnd }) => onAttemptEnd?.(...args)),
    ...(all.some(({ onChunk }) => onChunk !== undefined) && {
      onChunk: (...args) => callEach(all, ({ onChunk }) => onChunk?.(...args)),
    }),
    onResume: (...args) => callEach(all, ({ onResume }) => onResume?.(...args)),
    onCircuit: (...args) => callEach(all, ({ onCircuit }) => onCircuit?.(...args)),
    onFinish: (...args) => callEach(all, ({ onFinish }) => onFinish?.(...args)),
  }
}

/** Throws, or rejects with, what they threw, once all were called. */
function callEach(all: readonly Hooks[], call: (hooks: Hooks) => unknown): Promise<unknown> | undefined {
  const errors: unknown[] = []
  const pending: Promise<unknown>[] = []
  for (const hooks of all) {
    try {
      const result = call(hooks)
      if (result instanceof Promise) pending.push(result)
    } catch (error) {
      errors.push(error)
    }
  }
  if (errors.length > 0) pending.push(Promise.reject(errors.length === 1 ? errors[0] : new AggregateError(errors)))
  return pending.length > 0 ? Promise.all(pending) : undefined
}
