import type { IncomingMessage } from 'node:http'
import type { ResolvedTarget } from '../../config.ts'
import { RequestError, streamFailure, UpstreamError } from '../../errors.ts'
import type { AttemptEnd } from '../../options.ts'
import { abortable } from '../attempt/abortable.ts'
import { asFailure } from '../attempt/attempt-failures.ts'
import type { AtWork } from '../attempt/attempt-record.ts'
import { deadlines } from '../attempt/deadlines.ts'
import { redacted, secretsOf } from '../attempt/redact.ts'
import { endpointOf } from '../attempt/request/endpoint.ts'
import { clientKeyOf, forwardedHeaders } from '../attempt/request/request-headers.ts'
import { decompression } from '../attempt/response/decompression.ts'
import { statusFailure } from '../attempt/response/response-format.ts'
import { droppedHeader, providerRequestId, returnedHeaders } from '../attempt/response/response-headers.ts'
import { failureInfo } from '../outcome.ts'
import type { AttemptReport, AttemptTask, RequestContext } from '../request-context.ts'
import type { Piece, PieceRequest } from './operation.ts'

/** What a target answered. */
export interface TargetAnswer {
  readonly piece: Piece
  readonly headers: Record<string, string>
}

/** Attempts for this request, of which the one that is whole is handed to `onAnswer`. They never reject. */
export function pieceAttempt({ question }: Pick<PieceRequest, 'question'>, onAnswer: (answer: TargetAnswer) => void) {
  return async (
    exchange: RequestContext,
    target: ResolvedTarget,
    { start, headers: ownHeaders, totalTimeout }: AttemptTask,
  ): Promise<AttemptReport> => {
    const startedAt = performance.now()
    const sinceStart = () => performance.now() - startedAt
    const timings: AttemptEnd['timings'] = { total: 0 }
    const { connectTimeout, firstChunkTimeout, requestTimeout } = target.settings
    const controller = new AbortController()
    const clock = deadlines(
      {
        connectTimeout,
        firstChunkTimeout,
        requestTimeout,
        totalTimeout,
        idleTimeout: undefined,
        minChunkRate: undefined,
      },
      (name, ms) => {
        const message = `The provider was too slow: ${name} of ${Math.round(ms)} ms passed.`
        controller.abort(streamFailure('timeout', message))
      },
    )
    const leave = () => controller.abort(streamFailure('truncated', 'The client left, or another attempt was faster.'))
    if (exchange.signal.aborted) leave()
    exchange.signal.addEventListener('abort', leave, { once: true })
    let headers: Record<string, string> = {}
    let secrets: (string | undefined)[] = []
    let clientKey = false
    let atWork: AtWork = 'request'

    const run = async (): Promise<Piece> => {
      const { encode, read } = question(target, start.model)
      const { signal } = controller
      atWork = 'credentials'
      const endpoint = await abortable(endpointOf(exchange, target, noMedia), signal)
      secrets = secretsOf(endpoint)
      clientKey = target.apiKey === undefined && endpoint.apiKey === clientKeyOf(exchange.headers)
      atWork = 'request'
      const encoded = await abortable(encode(endpoint), signal)
      atWork = 'provider'
      const forwarded = forwardedHeaders(exchange.headers, target.settings.forwardHeaders)
      const sent = { ...encoded, headers: { ...forwarded, ...encoded.headers }, body: Buffer.from(encoded.body) }
      const response = await exchange.upstream.send(sent, signal, {
        connecting: clock.connecting,
        connected() {
          timings.connected ??= sinceStart()
          clock.connected()
        },
      })
      clock.connected()
      timings.headers = sinceStart()
      headers = { ...returnedHeaders(response.headers), ...droppedHeader(encoded.dropped) }
      if (response.statusCode !== 200) throw await statusFailure(response, target.provider.error, exchange.limits)
      const piece = read(await bodyOf(response, exchange.limits.maxAnswerBytes))
      timings.firstContent = sinceStart()
      exchange.onContent?.()
      return piece
    }

    let piece: Piece | undefined
    let error: UpstreamError | undefined
    try {
      piece = await run()
      onAnswer({ piece, headers: { ...headers, ...ownHeaders() } })
    } catch (thrown) {
      error = redacted(
        asFailure(controller.signal.aborted ? controller.signal.reason : thrown, target, exchange.options, atWork),
        secrets,
      )
      controller.abort(error)
    }
    clock.stop()
    exchange.signal.removeEventListener('abort', leave)
    timings.total = sinceStart()
    return {
      ...start,
      outcome: error === undefined ? 'whole' : exchange.signal.aborted ? 'aborted' : 'failed',
      failure: error && failureInfo(error),
      timings,
      chunks: 0,
      characters: 0,
      usage: piece?.usage,
      providerRequestId: providerRequestId(headers),
      response: piece?.response,
      resumed: undefined,
      startedAt,
      error,
      clientKey,
    }
  }
}

function noMedia(): Promise<never> {
  return Promise.reject(new RequestError('Nothing is fetched for this request.'))
}

async function bodyOf(response: IncomingMessage, maxBytes: number): Promise<string> {
  const [stage] = decompression(response.headers['content-encoding'])
  const pieces: Buffer[] = []
  let size = 0
  response.once('error', (error) => stage?.destroy(error))
  try {
    for await (const piece of stage === undefined ? response : response.pipe(stage)) {
      size += (piece as Buffer).length
      if (size > maxBytes) throw streamFailure('malformed', `The answer exceeds maxAnswerBytes (${maxBytes}).`)
      pieces.push(piece as Buffer)
    }
  } catch (error) {
    response.destroy()
    if (error instanceof UpstreamError) throw error
    throw streamFailure('truncated', 'The connection to the provider broke before the end of its answer.', error)
  }
  return Buffer.concat(pieces).toString()
}
