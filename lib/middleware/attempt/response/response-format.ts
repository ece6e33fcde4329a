import type { IncomingMessage } from 'node:http'
import type { ResolvedTarget } from '../../../config.ts'
import { streamFailure, UpstreamError } from '../../../errors.ts'
import type { Limits } from '../../../options.ts'
import { firstCharacters, framingByStart } from '../../../transforms/sniff.ts'
import type { ChatRequest } from '../../../types/chat.ts'
import type { Endpoint, Framing } from '../../../types/provider.ts'
import { retryAfter } from '../../recovery/backoff.ts'
import { decompression, readStart } from './decompression.ts'
import { returnedHeaders } from './response-headers.ts'

/**
 * How the body of a response is framed. Throws, or rejects with, the failure that stands in place of an answer. A promise only
 * where the body has to be looked at.
 */
export function acceptedFraming(
  response: IncomingMessage,
  { provider }: ResolvedTarget,
  request: ChatRequest,
  endpoint: Endpoint,
  limits: Limits,
): Framing | Promise<Framing> {
  if (response.statusCode !== 200) return refused(response, provider.error, limits)
  const declared = provider.framing(response.headers, request, endpoint)
  return FRAMINGS[mediaTypeOf(response)] === declared ? declared : actualFraming(response, declared)
}

function mediaTypeOf({ headers }: IncomingMessage): string {
  const [type = ''] = (headers['content-type'] ?? '').toLowerCase().split(/[; ]/, 1)
  return type
}

/** Media types that are right about the framing that they name. About others servers err too often. */
const FRAMINGS: Readonly<Record<string, Framing>> = {
  'text/event-stream': 'sse',
  'application/vnd.amazon.eventstream': 'aws-eventstream',
}

/**
 * A relay may name a stream JSON, or answer with one JSON value: the body's first characters decide, where they can be seen. A page
 * of HTML in place of a stream is a failure.
 */
async function actualFraming(response: IncomingMessage, declared: Framing | 'sse-or-json-array'): Promise<Framing> {
  const type = mediaTypeOf(response)
  const isCompressed = response.headers['content-encoding'] !== undefined
  const found = isCompressed ? undefined : framingByStart(await firstCharacters(response), declared)
  if (found === 'html' || (found === undefined && type === 'text/html')) {
    throw streamFailure('malformed', 'The provider answered with a page of HTML in place of a stream.')
  }
  if (found !== undefined) return found
  if (isCompressed && type === 'application/json' && declared !== 'json-lines') return 'json-array'
  return declared === 'sse-or-json-array' ? 'sse' : declared
}

type ReadError = ResolvedTarget['provider']['error']

async function refused(...answer: Parameters<typeof statusFailure>): Promise<never> {
  throw await statusFailure(...answer)
}

/** The failure of a response that is no answer, by what its body says. */
export async function statusFailure(
  response: IncomingMessage,
  readError: ReadError,
  limits: Limits,
): Promise<UpstreamError> {
  const status = response.statusCode ?? 502
  const headers = returnedHeaders(response.headers)
  const api = readError(status, await errorBody(response, limits), response.headers)
  const wait = retryAfter(headers, Date.now()) ?? api.retryAfter
  const shouldRetry = SHOULD_RETRY.get(String(response.headers['x-should-retry']))
  const error = { ...api, ...(wait !== undefined && { retryAfter: wait }) }
  return new UpstreamError('status', error, { status, headers, shouldRetry })
}

const SHOULD_RETRY: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false],
])

function errorBody(response: IncomingMessage, limits: Limits): Promise<string> {
  const [stage] = decompression(response.headers['content-encoding'])
  const body = stage === undefined ? response : response.pipe(stage)
  if (stage !== undefined) response.once('close', () => stage.end())
  return readStart(body, limits.maxErrorBytes, limits.errorBodyTimeout)
}
