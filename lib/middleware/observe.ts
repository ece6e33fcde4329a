import type { Options } from '../options.ts'

/** Calls a hook, which may be asynchronous. What it throws is logged and goes no further. */
export function observe({ logger }: Options, hook: () => unknown): void {
  try {
    const result = hook()
    if (result instanceof Promise) result.catch((error: unknown) => logger?.error(error))
  } catch (error) {
    logger?.error(error)
  }
}
