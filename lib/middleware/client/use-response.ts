import type { ServerResponse } from 'node:http'
import type { Options } from '../../options.ts'

/**
 * Works on a response, whose methods an application may have wrapped. What they throw is logged and closes the response, so that
 * the request ends as if its client had left.
 */
export function useResponse(res: ServerResponse, logger: Options['logger'], work: () => void): void {
  if (res.destroyed) return
  try {
    work()
  } catch (error) {
    logger?.error(error)
    res.destroy()
  }
}
