import type { IncomingMessage } from 'node:http'
import type { ResolvedTarget } from '../../config.ts'
import { apiError, RequestError, streamFailure, UpstreamError } from '../../errors.ts'
import type { AttemptEnd } from '../../options.ts'
import type { EmbeddingsRequest } from '../../types/provider.ts'
import { secretsOf } from '../attempt/attempt.ts'
import { deadlines } from '../attempt/deadlines.ts'
import { decompression } from '../attempt/decompression.ts'
import { endpointOf } from '../attempt/endpoint.ts'
import { redacted } from '../attempt/redact.ts'
import { clientKeyOf, forwardedHeaders } from '../attempt/request-headers.ts'
import { statusFailure } from '../attempt/response-format.ts'
import { droppedHeader, providerRequestId, returnedHeaders } from '../attempt/response-headers.ts'
import { failureInfo } from '../outcome.ts'
import type { AttemptPlan, AttemptReport, RequestContext } from '../request-context.ts'
import { type EmbeddingsAnswer, readAnswer } from './answer.ts'

/** What a target answered. */
export interface Embedded {
  readonly answer: EmbeddingsAnswer
  readonly headers: Record<string, string>
}

/** Attempts for this body, of which the one that is whole is handed to `onAnswer`. They never reject. */
export function embeddingsAttempt(body: EmbeddingsRequest, onAnswer: (embedded: Embedded) => void) {
  return async (
    exchange: RequestContext,
    target: ResolvedTarget,
    { start, headers: ownHeaders, totalTimeout }: AttemptPlan,
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

    const run = async (): Promise<EmbeddingsAnswer> => {
      const { provider } = target
      if (provider.embeddings === undefined) {
        const message = `${provider.name} has no embeddings in OpenAI's form.`
        throw new RequestError(message, { param: 'model', code: 'unsupported_value' })
      }
      const endpoint = await endpointOf(exchange, target, noMedia)
      secrets = secretsOf(endpoint)
      clientKey = target.apiKey === undefined && endpoint.apiKey === clientKeyOf(exchange.headers)
      const asked = Object.freeze({ ...body, model: start.model })
      const encoded = provider.embeddings(asked, endpoint)
      const forwarded = forwardedHeaders(exchange.headers, target.settings.forwardHeaders)
      const sent = { ...encoded, headers: { ...forwarded, ...encoded.headers }, body: Buffer.from(encoded.body) }
      const response = await exchange.upstream.send(sent, controller.signal, {
        connecting: clock.connecting,
        connected() {
          timings.connected ??= sinceStart()
          clock.connected()
        },
      })
      clock.connected()
      timings.headers = sinceStart()
      headers = { ...returnedHeaders(response.headers), ...droppedHeader(encoded.dropped) }
      if (response.statusCode !== 200) throw await statusFailure(response, provider.error, exchange.limits)
      const answer = readAnswer(await bodyOf(response, exchange.limits.maxAnswerBytes), asked)
      timings.firstContent = sinceStart()
      exchange.onContent?.()
      return answer
    }

    let answer: EmbeddingsAnswer | undefined
    let error: UpstreamError | undefined
    try {
      answer = await run()
      onAnswer({ answer, headers: { ...headers, ...ownHeaders() } })
    } catch (thrown) {
      error = redacted(asFailure(controller.signal.aborted ? controller.signal.reason : thrown, exchange), secrets)
      controller.abort(error)
    }
    clock.stop()
    exchange.signal.removeEventListener('abort', leave)
    timings.total = sinceStart()
    const usage = answer && { ...answer.usage, completion_tokens: 0 }
    return {
      ...start,
      outcome: error === undefined ? 'whole' : exchange.signal.aborted ? 'aborted' : 'failed',
      failure: error && failureInfo(error),
      timings,
      chunks: 0,
      characters: 0,
      usage,
      providerRequestId: providerRequestId(headers),
      response: answer && { id: '', model: answer.model, finishReasons: [] },
      resumed: undefined,
      startedAt,
      error,
      clientKey,
    }
  }
}

function noMedia(): Promise<never> {
  return Promise.reject(new RequestError('Embeddings have no images.'))
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

function asFailure(thrown: unknown, { options }: RequestContext): UpstreamError {
  if (thrown instanceof UpstreamError) return thrown
  if (thrown instanceof RequestError) return new UpstreamError('request', thrown.api, { cause: thrown })
  options.logger?.error(thrown)
  const api = apiError(500, 'The request could not be translated.', { retryable: false })
  return new UpstreamError('request', api, { cause: thrown })
}
