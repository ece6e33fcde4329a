import type { ResolvedTarget } from '../../config.ts'
import { apiError, RequestError, streamFailure, UpstreamError } from '../../errors.ts'
import type { AttemptEnd, AttemptStart, Options, ResponseInfo, Resumed } from '../../options.ts'
import type { ChatRequest } from '../../types/chat.ts'
import type { Usage } from '../../types/chunk.ts'
import type { ApiError, Endpoint, HttpRequest, NativePassage } from '../../types/provider.ts'
import { observe } from '../observe.ts'
import { failureInfo } from '../outcome.ts'
import { continuationRefused } from '../recovery/continuation-refused.ts'
import { continuedRequest } from '../recovery/continued-request.ts'
import type { AttemptPlan, AttemptReport, RequestContext } from '../request-context.ts'
import { answer } from './answer.ts'
import { askAgain } from './ask-again.ts'
import { type DeadlineName, type Deadlines, deadlines } from './deadlines.ts'
import { askedRequest, asksForJson } from './demands.ts'
import { endpointOf } from './endpoint.ts'
import { forwardedMetadata } from './forwarded-metadata.ts'
import { mediaFetcher } from './media.ts'
import { nativePassage } from './native-passage.ts'
import { encodedRequest, sendableFailure } from './provider-faults.ts'
import { redacted } from './redact.ts'
import { clientKeyOf, forwardedHeaders } from './request-headers.ts'
import { acceptedFraming } from './response-format.ts'
import { adjustedHeader, droppedHeader, providerRequestId, returnedHeaders } from './response-headers.ts'
import type { RequestBytes } from './stand-ins.ts'

/** A request, the endpoint that it is for, and what of the client's request it lost. */
interface Asked {
  readonly request: ChatRequest
  readonly endpoint: Endpoint
  readonly lost: readonly string[]
  /** Set: the request goes past the translations. */
  readonly passage: NativePassage | undefined
}

/**
 * One attempt on one target: encode → upstream → stages → downstream, under its deadlines. Never rejects; when it resolves
 * the upstream is closed, or whole and left to end by itself.
 */
export async function attempt(
  exchange: RequestContext,
  target: ResolvedTarget,
  plan: AttemptPlan,
): Promise<AttemptReport> {
  const { start, resume, after } = plan
  const startedAt = performance.now()
  const sinceStart = () => performance.now() - startedAt
  const timings: AttemptEnd['timings'] = { total: 0 }
  let chunks = 0
  let received = 0
  let usage: Usage | undefined
  let ending: ResponseInfo | undefined
  let resumed: Resumed | undefined
  let headers: Record<string, string> = {}
  let secrets: (string | undefined)[] = []
  let clientKey = false
  /** Whether it is the request that is at work, and the provider has no part in what goes wrong. */
  let encoding = false
  /** Whether the provider has said all, and has no part in what goes wrong any more. */
  let whole = false

  const controller = new AbortController()
  const { signal } = controller
  const leave = () => controller.abort(streamFailure('truncated', 'The client left, or another attempt was faster.'))
  if (exchange.signal.aborted) leave()
  exchange.signal.addEventListener('abort', leave, { once: true })
  const { connectTimeout, firstChunkTimeout, idleTimeout, requestTimeout, minChunkRate } = target.settings
  const { totalTimeout } = plan
  const clock = deadlines(
    { connectTimeout, firstChunkTimeout, idleTimeout, requestTimeout, totalTimeout, minChunkRate },
    (name, ms) => controller.abort(encoding ? unprepared(name, ms) : timeout(name, ms, whole)),
  )

  /** Not async, so that the text of the body goes as soon as its bytes are there. */
  const send = ({ body, ...encoded }: HttpRequest, asked: Asked) =>
    sendBytes({ ...encoded, body: Buffer.from(body) }, asked)

  const sendBytes = async (encoded: Omit<HttpRequest, 'body'> & RequestBytes, { request, endpoint, lost }: Asked) => {
    const forwarded = forwardedHeaders(exchange.headers, target.settings.forwardHeaders)
    const sent = { ...encoded, headers: { ...forwarded, ...encoded.headers } }
    const response = await exchange.upstream.send(sent, signal, {
      connecting: clock.connecting,
      connected() {
        timings.connected ??= sinceStart()
        clock.connected()
      },
    })
    clock.connected()
    timings.headers ??= sinceStart()
    const dropped = [...(encoded.dropped ?? []), ...lost]
    headers = {
      ...returnedHeaders(response.headers),
      ...droppedHeader(dropped, exchange.legacy),
      ...adjustedHeader(encoded.adjusted),
    }
    const framing = await acceptedFraming(response, target, request, endpoint, exchange.limits).catch((error) => {
      // Its body was read as far as it is of use, and another response may follow it.
      response.destroy()
      throw error
    })
    return { response, framing, dropped }
  }

  /** Its own function, so that the encoded body goes when it is sent, not when the answer ends. */
  const ask = async (asked: Asked) => {
    encoding = true
    const { request, endpoint, passage } = asked
    const encoded = await abortable(encodedRequest(target.provider, request, endpoint, passage), signal)
    encoding = false
    // The model takes no prefill: it would answer anew, and nobody could see it.
    if (resume.type === 'append' && resume.text.trim() !== '' && encoded.adjusted?.includes('last-turn')) {
      throw continuationRefused()
    }
    return send(encoded, asked)
  }

  const run = async () => {
    const own = await abortable(endpointOf(exchange, target, mediaFor(exchange, clock, signal)), signal)
    secrets = secretsOf(own)
    clientKey = target.apiKey === undefined && own.apiKey !== undefined && own.apiKey === clientKeyOf(exchange.headers)
    encoding = true
    const fresh = continuedRequest(
      requestFor(exchange.request, target, start),
      resume,
      target.settings.continueInstruction,
    )
    const { memory } = exchange
    const native = (api: string | undefined) =>
      nativePassage(exchange, target, { request: fresh, endpoint: { ...own, api }, resume })
    const { accepted, asked } = await askAgain(
      { request: fresh, native, target, memory, logger: exchange.options.logger },
      async ({ request, stream, api, fitted, lost }, passage) => {
        if (passage === undefined && exchange.nativeOnly !== undefined) throw exchange.nativeOnly
        const asked: Asked =
          passage === undefined
            ? { request, endpoint: { ...own, stream, api, fitted }, lost: [...exchange.lost, ...lost], passage }
            : { request: fresh, endpoint: own, lost: [], passage }
        return { accepted: await ask(asked), asked }
      },
    )
    const { request, endpoint, passage } = asked
    return answer(accepted, {
      ...{ exchange, target, start, endpoint, passage, clock, signal },
      request: askedRequest(request, accepted.dropped),
      async carryOn(pause) {
        const encoded = await abortable(encodedRequest(target.provider, request, endpoint), signal)
        return send(pause(encoded), asked)
      },
      onContent(characters) {
        timings.firstContent ??= sinceStart()
        clock.content(characters)
        received += characters
        if (characters > 0) exchange.onContent?.()
      },
      onWhole() {
        whole = true
        clock.whole()
      },
      onUsage(total) {
        usage = total
      },
      onChunk() {
        chunks += 1
      },
      onEnding({ id, model, choices }) {
        const finishReasons = choices.flatMap(({ finish_reason }) => finish_reason ?? [])
        ending = { id, model, finishReasons: [...(ending?.finishReasons ?? []), ...finishReasons] }
      },
    })
  }

  exchange.downstream.begin({
    attempt: start.attempt,
    provider: start.provider,
    after,
    resume,
    json: target.settings.failOn.includes('invalid_json') && asksForJson(exchange.request, target),
    headers: () => ({ ...headers, ...plan.headers() }),
    onResume(how) {
      resumed = how
      observe(exchange.options, () => exchange.options.onResume?.(start, how))
    },
  })
  const error = await run().then(
    () => undefined,
    (thrown: unknown) => redacted(asFailure(thrown, target, exchange.options, encoding), secrets),
  )
  clock.stop()
  exchange.signal.removeEventListener('abort', leave)
  if (error !== undefined) controller.abort(error)

  timings.total = sinceStart()
  const aborted = error !== undefined && exchange.signal.aborted
  return {
    ...start,
    outcome: aborted ? 'aborted' : error === undefined ? 'whole' : 'failed',
    failure: error && failureInfo(error),
    timings,
    chunks,
    characters: received,
    usage,
    providerRequestId: providerRequestId(headers),
    response: ending,
    resumed,
    startedAt,
    error,
    clientKey,
  }
}

/** Made when it is first wanted: few requests have media. */
function mediaFor({ options, limits }: RequestContext, clock: Deadlines, signal: AbortSignal): Endpoint['fetchMedia'] {
  let fetcher: Endpoint['fetchMedia'] | undefined
  return (url) => {
    fetcher ??= mediaFetcher({
      limits,
      hosts: { allowPrivateHosts: options.requestConfig?.allowPrivateHosts ?? false },
      signal,
      // The provider cannot be blamed for this time, which has a limit of its own.
      onFetch: clock.connected,
    })
    return fetcher(url)
  }
}

/** What no error message may quote. */
export function secretsOf({ apiKey, fields }: Endpoint): (string | undefined)[] {
  return [apiKey, fields.azure_ad_token, fields.aws_secret_access_key, fields.aws_session_token]
}

function requestFor(
  { metadata: _, ...request }: ChatRequest,
  { settings, fields }: ResolvedTarget,
  { metadata, model }: Pick<AttemptStart, 'metadata' | 'model'>,
): ChatRequest {
  const merged: ChatRequest = {
    ...request,
    ...forwardedMetadata(metadata, settings.forwardMetadata),
    ...settings.overrideParams,
    model,
  }
  if (model !== '') return merged
  if (fields.deployment_id !== undefined) return { ...merged, model: fields.deployment_id }
  throw new RequestError("You must provide a 'model' parameter.", { param: 'model' })
}

function timeout(name: DeadlineName, ms: number, whole: boolean): UpstreamError {
  const slow = whole
    ? 'The answer was whole, but did not come out of its transforms in time'
    : 'The provider was too slow'
  const { api } = streamFailure('timeout', `${slow}: ${name} of ${Math.round(ms)} ms passed.`)
  return new UpstreamError('timeout', api, { silent: name === 'first_chunk_timeout' })
}

/** Fetching the client's images can take that long. */
function unprepared(name: DeadlineName, ms: number): UpstreamError {
  const message = `The request could not be prepared for the provider: ${name} of ${Math.round(ms)} ms passed.`
  return requestFailure(apiError(504, message, { retryable: false }))
}

function requestFailure(api: ApiError, cause?: unknown): UpstreamError {
  return new UpstreamError('request', api, { cause })
}

/** A promise that does not outlast the signal; what is no promise is left as it is. */
function abortable<T>(work: T | Promise<T>, signal: AbortSignal): T | Promise<T> {
  if (!(work instanceof Promise)) {
    signal.throwIfAborted()
    return work
  }
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason)
    // Listened to even then: a rejection that nobody hears ends the process.
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}

/** A target that cannot serve the request, or whose translation throws, is a failed target and no more. */
function asFailure(
  thrown: unknown,
  { provider }: ResolvedTarget,
  { logger }: Options,
  encoding: boolean,
): UpstreamError {
  if (thrown instanceof UpstreamError) return sendableFailure(provider.name, thrown, logger)
  if (thrown instanceof RequestError) return new UpstreamError('request', thrown.api, { cause: thrown })
  // A walk over nested lists and objects that used up the stack: a body that another parser read may be of any depth.
  if (encoding && thrown instanceof RangeError)
    return requestFailure(apiError(400, 'The request is nested too deep to be translated.'), thrown)
  logger?.error(thrown)
  // Half a character: what a client can write must not count against the provider.
  if (encoding)
    return requestFailure(apiError(500, 'The request could not be translated.', { retryable: false }), thrown)
  return streamFailure('malformed', 'The answer could not be processed.', thrown)
}
