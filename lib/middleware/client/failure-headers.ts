import type { UpstreamError } from '../../errors.ts'

/**
 * The provider's headers; `retry-after` also where only its body named the wait; and `x-should-retry: false` where a retry is
 * of no use, since SDKs would go on asking after a used-up quota.
 */
export function failureHeaders({ headers, api, shouldRetry }: UpstreamError): Record<string, string> {
  const hasWait = 'retry-after' in headers || 'retry-after-ms' in headers
  return {
    ...headers,
    ...(api.retryAfter !== undefined && !hasWait && { 'retry-after': String(Math.ceil(api.retryAfter / 1000)) }),
    ...(!(shouldRetry ?? api.retryable) && { 'x-should-retry': 'false' }),
  }
}
