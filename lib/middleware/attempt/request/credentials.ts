import { validateHeaderValue } from 'node:http'
import { apiError, UpstreamError } from '../../../errors.ts'
import type { Credentials } from '../../../options.ts'

/**
 * What the `credentials` of the options answered for a target, if it can be used as a key; undefined if there is none. Throws
 * the target's failure otherwise, without the answer itself: it may be half a secret.
 */
export function usableCredentials(answer: unknown, target: string): Credentials | undefined {
  if (answer === undefined || answer === null) return undefined
  const fault = typeof answer === 'string' ? keyFault(answer) : pairFault(answer)
  if (fault === undefined) return answer as Credentials
  const message = `\`credentials\` answered ${fault} for the target ${target}.`
  throw new UpstreamError('request', apiError(500, message, { retryable: false }))
}

function keyFault(key: string): string | undefined {
  if (key.trim() === '') return 'an empty key'
  try {
    validateHeaderValue('authorization', key)
    return undefined
  } catch {
    return 'a key that cannot stand in a header'
  }
}

function pairFault(answer: unknown): string | undefined {
  if (typeof answer !== 'object') return `a ${typeof answer} in place of a key`
  const { accessKeyId, secretAccessKey, sessionToken } = answer as Record<string, unknown>
  if (!isText(accessKeyId) || !isText(secretAccessKey)) return 'an object without accessKeyId and secretAccessKey'
  return sessionToken === undefined || isText(sessionToken) ? undefined : 'a sessionToken that is no text'
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}
