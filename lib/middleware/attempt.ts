import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Transform } from 'node:stream'
import type { Target } from '../config.ts'
import { RequestError, streamFailure, UpstreamError } from '../errors.ts'
import type { AttemptEnd, AttemptStart, Limits, Options } from '../options.ts'
import { chunkDecode } from '../transforms/chunk-decode.ts'
import { framing } from '../transforms/framing.ts'
import { legacyFunctions } from '../transforms/legacy-functions.ts'
import { link } from '../transforms/link.ts'
import { firstCharacter } from '../transforms/sniff.ts'
import { through } from '../transforms/through.ts'
import type { ChatRequest, Chunk, Framing, Usage } from '../types.ts'
import { retryAfter } from './backoff.ts'
import { decompression, readStart } from './body.ts'
import { continued, type Resume } from './continuation.ts'
import { type DeadlineName, deadlines } from './deadlines.ts'
import type { Sink } from './downstream.ts'
import { endpointOf } from './endpoint.ts'
import { droppedHeader, forwardedHeaders, returnedHeaders } from './headers.ts'
import { mediaFetcher } from './media.ts'
import { observe } from './observe.ts'
import { failureInfo } from './outcome.ts'
import { redacted } from './redact.ts'
import type { Upstream } from './upstream.ts'

/** What all attempts of one request share. None of it is changed by them but the downstream. */
export interface Exchange {
  readonly request: ChatRequest
  /** The client uses the deprecated `functions`. */
  readonly legacy: boolean
  /** The client's headers. */
  readonly headers: IncomingHttpHeaders
  readonly upstream: Upstream
  readonly downstream: Sink
  readonly options: Options
  readonly limits: Limits
  /** Whether the targets are the operator's own, not those of a config that came with the request. */
  readonly operated: boolean
  /** Aborts when the client leaves. */
  readonly signal: AbortSignal
  /** Called at each content that is more than a finish reason. */
  readonly onContent?: () => void
}

/** What one attempt is to do. */
export interface AttemptPlan {
  readonly start: AttemptStart
  /** How it goes on with what the client has. */
  readonly resume: Resume
  /** Why the attempt before failed. */
  readonly reason: string | undefined
  /** What is left of `total_timeout`, in milliseconds. */
  readonly totalTimeout: number | undefined
}

export interface AttemptReport extends AttemptEnd {
  /** By `performance.now()`. */
  readonly startedAt: number
  readonly error: UpstreamError | undefined
}

/**
 * One attempt on one target: encode → upstream → stages → downstream, under its deadlines. Never rejects; when it resolves
 * the upstream is closed, or whole and left to end by itself.
 */
export async function attempt(exchange: Exchange, target: Target, plan: AttemptPlan): Promise<AttemptReport> {
  const { start, resume, reason } = plan
  const { downstream, options, signal } = exchange
  const startedAt = performance.now()
  const sinceStart = () => performance.now() - startedAt
  const timings: AttemptEnd['timings'] = { total: 0 }
  let chunks = 0
  let usage: Usage | undefined
  let headers: Record<string, string> = {}
  let secrets: (string | undefined)[] = []

  const controller = new AbortController()
  const leave = () => controller.abort(new Error('the client left'))
  if (signal.aborted) leave()
  signal.addEventListener('abort', leave, { once: true })
  const clock = deadlines({ ...target.settings, totalTimeout: plan.totalTimeout }, (name, ms) =>
    controller.abort(timeout(name, ms)),
  )

  const fetchMedia = mediaFetcher({
    limits: exchange.limits,
    hosts: { allowPrivateHosts: options.requestConfig?.allowPrivateHosts ?? false },
    signal: controller.signal,
    // The provider cannot be blamed for this time, which has a limit of its own.
    onFetch: clock.connected,
  })

  const run = async () => {
    const endpoint = await abortable(endpointOf(exchange, target, fetchMedia), controller.signal)
    const { azure_ad_token, aws_secret_access_key, aws_session_token } = endpoint.fields
    secrets = [endpoint.apiKey, azure_ad_token, aws_secret_access_key, aws_session_token]
    const request = continued(requestFor(exchange.request, target), resume, target.settings.continueInstruction)
    const httpRequest = await abortable(target.provider.encode(request, endpoint), controller.signal)
    httpRequest.headers = {
      ...forwardedHeaders(exchange.headers, target.settings.forwardHeaders),
      ...httpRequest.headers,
    }

    clock.connecting()
    const response = await exchange.upstream.send(httpRequest, controller.signal, () => {
      timings.connected = sinceStart()
      clock.connected()
    })
    clock.connected()
    timings.headers = sinceStart()
    headers = returnedHeaders(response.headers)
    const kind = await framingOf(response, target.provider.framing(response.headers, request, endpoint))
    if (response.statusCode !== 200) throw await statusFailure(response, target, headers, exchange.limits)
    if (kind === 'sse' || kind === 'aws-eventstream') await refuseOtherContent(response, target, exchange.limits)
    headers = { ...headers, ...droppedHeader(httpRequest.dropped, exchange.legacy) }

    let broken: Error | undefined
    let finished = false
    const stages: Transform[] = [
      ...decompression(response),
      ...framing(kind, exchange.limits),
      chunkDecode({
        decoder: target.provider.decoder(request, endpoint),
        envelope: { id: `chatcmpl-${randomUUID()}`, created: Math.floor(Date.now() / 1000), model: request.model },
        toolCalls: target.settings.toolCalls,
        strict: endpoint.strict,
        maxToolCallBytes: exchange.limits.maxToolCallBytes,
        onContent(characters) {
          timings.firstContent ??= sinceStart()
          clock.content(characters)
          if (characters > 0) exchange.onContent?.()
        },
        onUsage(total) {
          usage = total
        },
        broken: () => broken,
        // From here on it is the client that takes its time.
        onWhole: () => clock.stop(),
      }),
      ...(exchange.legacy ? [legacyStage()] : []),
      ...(options.transforms?.(start) ?? []),
    ]
    await flow(response, stages as [Transform, ...Transform[]], controller.signal, {
      sink(chunk) {
        chunks += 1
        finished ||= chunk.choices.some(({ finish_reason }) => finish_reason !== null)
        if (options.onChunk) observe(options, () => options.onChunk?.(chunk, start))
        return downstream.write(chunk)
      },
      onReady(resume) {
        clock.paused()
        downstream.onReady(() => {
          clock.resumed()
          resume()
        })
      },
      onBroken(error) {
        broken ??= error
      },
    }).catch((error: unknown) => {
      // Whatever a stage makes of the rest, the cause is the break; but for what the provider itself had told before.
      const told = error instanceof UpstreamError && error.kind === 'in-band'
      throw broken === undefined || told || controller.signal.aborted ? error : brokenOff(broken)
    })
    letEnd(response)
    if (!finished) throw streamFailure('malformed', 'A transform did not pass on the finish reason.')
  }

  downstream.begin({ attempt: start.attempt, provider: start.provider, reason, resume, headers: () => headers })
  const error = await run().then(
    () => undefined,
    (thrown: unknown) => redacted(asFailure(thrown, options), secrets),
  )
  clock.stop()
  signal.removeEventListener('abort', leave)
  if (error !== undefined) controller.abort(error)

  timings.total = sinceStart()
  const aborted = error !== undefined && signal.aborted
  return {
    ...start,
    outcome: aborted ? 'aborted' : error === undefined ? 'whole' : 'failed',
    failure: error && failureInfo(error),
    timings,
    chunks,
    usage,
    startedAt,
    error,
  }
}

/** Runs the body through the stages. Resolves when the answer is whole. */
function flow(
  response: IncomingMessage,
  stages: readonly [Transform, ...Transform[]],
  signal: AbortSignal,
  ends: { sink: (chunk: Chunk) => boolean; onReady: (resume: () => void) => void; onBroken: (error: Error) => void },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      unlink()
      reject(signal.reason)
    }
    const unlink = link<Chunk>(response, stages, {
      ...ends,
      onDone(error) {
        signal.removeEventListener('abort', stop)
        if (error === undefined) resolve()
        else reject(error)
      },
    })
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
}

/** How long a connection may take to finish a response whose answer is complete, before it is closed. */
const GRACE_MS = 1000

/** A whole answer's response is read to its end, so that its connection can be kept. */
function letEnd(response: IncomingMessage): void {
  if (response.complete || response.destroyed) {
    response.resume()
    return
  }
  const timer = setTimeout(() => response.destroy(), GRACE_MS)
  response.once('close', () => clearTimeout(timer))
  response.resume()
}

function requestFor(request: ChatRequest, { settings, fields }: Target): ChatRequest {
  const merged: ChatRequest = { ...request, ...settings.overrideParams }
  if (typeof merged.model === 'string' && merged.model !== '') return merged
  if (fields.deployment_id !== undefined) return { ...merged, model: fields.deployment_id }
  throw new RequestError("You must provide a 'model' parameter.", { param: 'model' })
}

async function statusFailure(
  response: IncomingMessage,
  { provider }: Target,
  headers: Record<string, string>,
  limits: Limits,
): Promise<UpstreamError> {
  const status = response.statusCode ?? 502
  const api = provider.error(status, await errorBody(response, limits))
  const wait = retryAfter(headers, Date.now()) ?? api.retryAfter
  const told = response.headers['x-should-retry']
  return new UpstreamError(
    'status',
    { ...api, ...(wait !== undefined && { retryAfter: wait }) },
    { status, headers, ...((told === 'true' || told === 'false') && { shouldRetry: told === 'true' }) },
  )
}

/** Some answer 200 with a JSON error or a page of HTML where a stream should be. */
async function refuseOtherContent(response: IncomingMessage, { provider }: Target, limits: Limits): Promise<void> {
  const type = response.headers['content-type'] ?? ''
  if (/^application\/json\b/i.test(type)) {
    throw new UpstreamError('in-band', provider.error(500, await errorBody(response, limits)))
  }
  if (/^text\/html\b/i.test(type)) {
    throw streamFailure('malformed', 'The provider answered with a page of HTML in place of a stream.')
  }
}

/** Where the headers do not tell, the body's first character does. */
async function framingOf(response: IncomingMessage, told: Framing | 'sse-or-json-array'): Promise<Framing> {
  if (told !== 'sse-or-json-array') return told
  const plain = response.statusCode === 200 && decompression(response).length === 0
  return plain && (await firstCharacter(response)) === '[' ? 'json-array' : 'sse'
}

function errorBody(response: IncomingMessage, limits: Limits): Promise<string> {
  const [stage] = decompression(response)
  const body = stage === undefined ? response : response.pipe(stage)
  if (stage !== undefined) response.once('close', () => stage.end())
  return readStart(body, limits.maxErrorBytes, limits.errorBodyTimeout)
}

function legacyStage(): Transform {
  return through<Chunk, Chunk>((chunk, push) => {
    const legacy = legacyFunctions(chunk)
    if (legacy !== undefined) push(legacy)
  })
}

function timeout(name: DeadlineName, ms: number): UpstreamError {
  return streamFailure('timeout', `The provider was too slow: ${name} of ${ms} ms passed.`)
}

function brokenOff(cause: Error): UpstreamError {
  return streamFailure('truncated', 'The connection to the provider broke before the end of its stream.', cause)
}

/** A promise that does not outlast the signal. */
function abortable<T>(work: T | Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  if (!(work instanceof Promise)) return Promise.resolve(work)
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}

/** A target that cannot serve the request, or whose translation throws, is a failed target and no more. */
function asFailure(thrown: unknown, { logger }: Options): UpstreamError {
  if (thrown instanceof UpstreamError) return thrown
  if (thrown instanceof RequestError) return new UpstreamError('request', thrown.api, { cause: thrown })
  logger?.error(thrown)
  return streamFailure('malformed', 'The answer could not be processed.', thrown)
}
