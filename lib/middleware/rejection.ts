import { apiError, RequestError } from '../errors.ts'
import type { Options } from '../options.ts'
import type { ApiError } from '../types/provider.ts'

/** The error for a request that never came to an attempt: its own fault, or one of ours. */
export function rejection(thrown: unknown, { logger }: Options): ApiError {
  if (thrown instanceof RequestError) return thrown.api
  if ((thrown as NodeJS.ErrnoException | undefined)?.code === 'ECONNRESET') return apiError(499, 'The client left.')
  logger?.error(thrown)
  return apiError(500, 'streamgate failed to process the request.')
}
