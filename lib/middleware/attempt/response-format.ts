import type { IncomingMessage } from 'node:http'
import type { ResolvedTarget } from '../../config.ts'
import { streamFailure, UpstreamError } from '../../errors.ts'
import type { Limits } from '../../options.ts'
import { firstCharacter } from '../../transforms/sniff.ts'
import type { ChatRequest } from '../../types/chat.ts'
import type { Endpoint, Framing } from '../../types/provider.ts'
import { retryAfter } from '../recovery/backoff.ts'
import { decompression, readStart } from './decompression.ts'
import { returnedHeaders } from './response-headers.ts'

/** How the body of a response is framed, if it is the stream that was asked for; else rejects with the failure that it tells. */
export async function acceptedFraming(
  response: IncomingMessage,
  { provider }: ResolvedTarget,
  request: ChatRequest,
  endpoint: Endpoint,
  limits: Limits,
): Promise<Framing> {
  if (response.statusCode !== 200) throw await statusFailure(response, provider.error, limits)
  const told = provider.framing(response.headers, request, endpoint)
  const kind = told === 'sse-or-json-array' ? await sniffed(response) : told
  // These two are not JSON, whatever else their headers say.
  if (kind === 'sse' || kind === 'aws-eventstream') await refuseOtherContent(response, provider.error, limits)
  return kind
}

type ReadError = ResolvedTarget['provider']['error']

async function statusFailure(response: IncomingMessage, readError: ReadError, limits: Limits): Promise<UpstreamError> {
  const status = response.statusCode ?? 502
  const headers = returnedHeaders(response.headers)
  const api = readError(status, await errorBody(response, limits))
  const wait = retryAfter(headers, Date.now()) ?? api.retryAfter
  const told = response.headers['x-should-retry']
  return new UpstreamError(
    'status',
    { ...api, ...(wait !== undefined && { retryAfter: wait }) },
    { status, headers, ...((told === 'true' || told === 'false') && { shouldRetry: told === 'true' }) },
  )
}

/** Some answer 200 with a JSON error or a page of HTML where a stream should be. */
async function refuseOtherContent(response: IncomingMessage, readError: ReadError, limits: Limits): Promise<void> {
  const type = response.headers['content-type'] ?? ''
  if (/^application\/json\b/i.test(type)) {
    throw new UpstreamError('in-band', readError(500, await errorBody(response, limits)))
  }
  if (/^text\/html\b/i.test(type)) {
    throw streamFailure('malformed', 'The provider answered with a page of HTML in place of a stream.')
  }
}

/** Where the headers do not tell, the body's first character does; that of a compressed one is not looked at. */
async function sniffed(response: IncomingMessage): Promise<Framing> {
  if (response.headers['content-encoding'] !== undefined) return 'sse'
  return (await firstCharacter(response)) === '[' ? 'json-array' : 'sse'
}

function errorBody(response: IncomingMessage, limits: Limits): Promise<string> {
  const [stage] = decompression(response.headers['content-encoding'])
  const body = stage === undefined ? response : response.pipe(stage)
  if (stage !== undefined) response.once('close', () => stage.end())
  return readStart(body, limits.maxErrorBytes, limits.errorBodyTimeout)
}
