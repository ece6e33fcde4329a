import type { Options } from '../options.ts'

type Logger = NonNullable<Options['logger']>

/** The application's logger, whose own errors end no request: it is called where nobody could catch them. */
export function quietLogger(logger: Logger): Logger {
  return {
    error: quiet((...line) => logger.error(...line)),
    ...(logger.info && { info: quiet((...line) => logger.info?.(...line)) }),
  }
}

function quiet(log: (...line: unknown[]) => unknown): (...line: unknown[]) => void {
  return (...line) => {
    try {
      const result = log(...line)
      if (result instanceof Promise) result.catch(() => {})
    } catch {
      // There is no other place to report it to.
    }
  }
}
