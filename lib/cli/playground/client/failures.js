/**
 * How the page tells of each kind of failure (`FailureKind` in lib/errors.ts): as a mark on the timeline, and as what a target did.
 * A `status` has its number in both.
 *
 * @type {Record<string, { mark: string, did: string }>}
 */
export const FAILURES = {
  request: { mark: 'not asked', did: 'cannot be asked this' },
  connect: { mark: 'not reached', did: 'was not there' },
  timeout: { mark: 'timed out', did: 'was too slow' },
  truncated: { mark: 'cut', did: 'broke off' },
  malformed: { mark: 'unreadable', did: 'could not be understood' },
  'in-band': { mark: 'error event', did: 'sent an error' },
  'broken-end': { mark: 'broken end', did: 'gave up' },
  unusable: { mark: 'of no use', did: 'answered what is of no use' },
  skipped: { mark: 'circuit open', did: 'was passed over' },
}
