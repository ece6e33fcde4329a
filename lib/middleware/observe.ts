import type { Options } from '../options.ts'

/** Calls a hook. What it throws is logged and goes no further. */
export function observe({ logger }: Options, hook: () => void): void {
  try {
    hook()
  } catch (error) {
    logger?.error(error)
  }
}
