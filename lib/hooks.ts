import type { Hooks } from './options.ts'

/** Hooks that call each of these in turn. What one throws keeps none of the others from being called. */
export function combineHooks(...all: readonly Hooks[]): Hooks {
  return {
    onRequest: (...told) => callEach(all, ({ onRequest }) => onRequest?.(...told)),
    onAttemptStart: (...told) => callEach(all, ({ onAttemptStart }) => onAttemptStart?.(...told)),
    onAttemptEnd: (...told) => callEach(all, ({ onAttemptEnd }) => onAttemptEnd?.(...told)),
    ...(all.some(({ onChunk }) => onChunk !== undefined) && {
      onChunk: (...told) => callEach(all, ({ onChunk }) => onChunk?.(...told)),
    }),
    onResume: (...told) => callEach(all, ({ onResume }) => onResume?.(...told)),
    onCircuit: (...told) => callEach(all, ({ onCircuit }) => onCircuit?.(...told)),
    onFinish: (...told) => callEach(all, ({ onFinish }) => onFinish?.(...told)),
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
