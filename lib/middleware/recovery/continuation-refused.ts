import { UpstreamError } from '../../errors.ts'

/** A target gave another answer in place of the rest of a broken one. It may be asked in a simpler way. */
export function continuationRefused(): UpstreamError {
  return new UpstreamError('malformed', {
    status: 502,
    message: 'The provider did not go on with the broken answer.',
    type: 'server_error',
    param: null,
    code: 'continuation_refused',
    retryable: true,
  })
}
