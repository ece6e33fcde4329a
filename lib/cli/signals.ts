import type { Logger } from 'pino'
import { readConfig } from './config-file.ts'
import type { Patience, Shutdown } from './shutdown.ts'

/** A signal this soon after the first is the same one: npm passes on the Ctrl-C that the terminal has sent as well. */
const SAME_SIGNAL_MS = 500

/** The first SIGTERM or SIGINT lets running answers end, as far as there is patience; the second ends the process at once. */
export function stopOnSignals(stopping: Pick<Shutdown, 'stop'>, patience: Patience, log: Logger): void {
  let first: number | undefined
  const onSignal = async (signal: NodeJS.Signals) => {
    if (first !== undefined) {
      if (performance.now() - first > SAME_SIGNAL_MS) process.exit(1)
      return
    }
    first = performance.now()
    log.info({ signal }, 'stopping')
    await stopping.stop(patience)
    log.info('stopped')
    process.exit(0)
  }
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal)
}

/**
 * A worker stops when the primary says so by SIGTERM, and ends when the primary has gone. What a terminal or a service manager
 * sends to all processes at once comes to it as well, and must not count as a second signal.
 */
export function stopWithPrimary(stopping: Shutdown, patience: Patience): void {
  process.on('SIGINT', () => {}).on('SIGHUP', () => {})
  process.on('SIGTERM', async () => {
    if (stopping.phase !== 'serving') return
    await stopping.stop(patience)
    process.exit(0)
  })
}

/**
 * SIGHUP reads the config anew. One that is wrong is refused, and all goes on with the one before. In a terminal the signal means
 * that its window was closed, and ends the program as it always does.
 */
export function reloadOnHangup(file: string, use: (config: unknown) => unknown, log: Logger): void {
  if (process.stdout.isTTY) return
  process.on('SIGHUP', async () => {
    try {
      await use(readConfig(file, process.env))
      log.info({ config: file }, 'config reloaded')
    } catch (error) {
      log.error({ config: file, reason: (error as Error).message }, 'config not reloaded')
    }
  })
}
