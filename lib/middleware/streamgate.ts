import type { IncomingMessage, ServerResponse } from 'node:http'
import { type CircuitState, createBreaker } from '../breaker/breaker.ts'
import { memoryStore } from '../breaker/memory-store.ts'
import { configFromHeaders, metadataFromHeaders } from '../config/header.ts'
import { guardedLookup } from '../config/hosts.ts'
import { parseConfig, type ResolvedConfig, type ResolvedRoute } from '../config.ts'
import { parseRequest } from '../dialects/chat-completions/request.ts'
import { apiError, RequestError, type UpstreamError } from '../errors.ts'
import { DEFAULT_LIMITS, type Limits, type Options, type Outcome } from '../options.ts'
import { providers } from '../providers/index.ts'
import type { ApiError } from '../types/provider.ts'
import { createUpstream, type Upstream } from './attempt/upstream.ts'
import { jsonDownstream, sendError } from './client/json-client.ts'
import { sseDownstream } from './client/sse-client.ts'
import { hedgeMemory } from './hedge.ts'
import { readBody } from './incoming/read-body.ts'
import { requestIds } from './incoming/request-id.ts'
import { setTraceId, tellTrace, traceHeaders } from './incoming/trace-headers.ts'
import { observe } from './observe.ts'
import { outcomeOf, rejectedOutcome } from './outcome.ts'
import { relay, type Shared } from './relay.ts'

export type StreamgateRequest = IncomingMessage & { body?: unknown }
export type StreamgateResponse = ServerResponse & { locals?: Record<string, unknown> }

/** Fits Express 4 and 5, Connect and bare `node:http`. */
export interface Streamgate {
  (req: StreamgateRequest, res: StreamgateResponse, next?: (error?: unknown) => void): void
  /** Closes idle connections to the providers; running streams go on. */
  close(): void
}

/**
 * A middleware that answers `POST <mount>/chat/completions` (and `/v1/chat/completions` where nothing is mounted) from the
 * targets of `config`, and leaves every other request to `next`. `config` is JSON, see the README. Throws ConfigError.
 */
export function streamgate(config: unknown, options: Options = {}): Streamgate {
  const gate: Gate = {
    config: parseConfig(config, options),
    shared: shared(options),
    options,
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    upstream: createUpstream(options),
    guarded: options.requestConfig && guardedUpstream(options),
  }
  const handler = (req: StreamgateRequest, res: StreamgateResponse, next?: (error?: unknown) => void) => {
    if (req.method === 'POST' && PATH.test(req.url ?? '')) void serve(gate, req, res)
    else if (next !== undefined) next()
    else sendError(res, notFound(req))
  }
  return Object.assign(handler, {
    close() {
      gate.upstream.close()
      gate.guarded?.close()
    },
  })
}

const ids = requestIds()

const PATH = /^(\/v1)?\/chat\/completions\/?(\?|$)/

interface Gate {
  config: ResolvedConfig
  shared: Shared
  options: Options
  limits: Limits
  upstream: Upstream
  /** For hosts that a client names: its DNS look-ups refuse private addresses. */
  guarded: Upstream | undefined
}

/** One request from its body to its outcome. Never rejects. */
async function serve(gate: Gate, req: StreamgateRequest, res: StreamgateResponse): Promise<void> {
  const { options, limits } = gate
  const began = performance.now()
  const requestId = ids.open(req, res)
  tellTrace(req, res, requestId)
  const left = new AbortController()
  const leave = () => {
    // To HTTP/2 a response that its client has reset is finished, too.
    const whole = res.writableEnded && res.writableFinished
    if (!whole) left.abort(Object.assign(new Error('the client left'), { code: 'ECONNRESET' }))
  }
  res.once('close', leave)
  // It may have left while middleware before this one had the request.
  if (res.closed) leave()

  try {
    left.signal.throwIfAborted()
    const own = options.requestConfig && (await requestConfig(gate, req))
    const config = own ?? gate.config
    const told = metadataFromHeaders(req.headers)
    const { request, legacy, stream, includeUsage } = parseRequest(await readBody(req, limits.maxRequestBytes))
    const metadata = { ...told, ...request.metadata }
    const downstream = (stream ? sseDownstream : jsonDownstream)(res, {
      includeUsage,
      recover: mayRecover(config.route),
      settings: config.request,
      limits,
    })
    const upstream = own === undefined ? gate.upstream : (gate.guarded ?? gate.upstream)
    observe(options, () =>
      options.onRequest?.({
        ...{ requestId, model: request.model, stream, metadata, request },
        traceHeaders: traceHeaders(req.headers),
        setTraceId: (id) => setTraceId(res, id),
      }),
    )
    const exchange = {
      requestId,
      request,
      metadata,
      legacy,
      headers: req.headers,
      upstream,
      downstream,
      options,
      limits,
      operated: own === undefined,
      // A client cannot fill the operator's log.
      logChunks: own === undefined && config.request.logChunks,
      signal: left.signal,
    }

    const { attempts, failure, headers } = await relay(exchange, config, own === undefined ? gate.shared : shared({}))

    // Before the end, for those who log on the response's `finish`.
    const outcome = outcomeOf({
      ...{ requestId, attempts, failure, began },
      aborted: left.signal.aborted,
      committed: downstream.committed(),
    })
    publish(res, outcome)
    // What is left of the answer is to be taken, too: without this a client could keep it here for ever.
    res.setTimeout(limits.clientTimeout, () => res.destroy())
    if (failure !== undefined) downstream.fail(failure.api, { ...failureHeaders(failure), ...headers })
    else if (!left.signal.aborted) downstream.finish()
    observe(options, () => options.onFinish?.(outcome))
  } catch (thrown) {
    const error = rejection(thrown, options)
    const outcome = rejectedOutcome(requestId, error, left.signal.aborted, began)
    publish(res, outcome)
    res.setTimeout(limits.clientTimeout, () => res.destroy())
    if (res.headersSent || res.destroyed) res.destroy()
    else sendError(res, error, error.status === 413 ? { connection: 'close' } : {})
    observe(options, () => options.onFinish?.(outcome))
  } finally {
    ids.close(requestId)
  }
}

/** The config that the request's own headers give, where that is switched on. */
async function requestConfig({ options }: Gate, req: StreamgateRequest): Promise<ResolvedConfig | undefined> {
  return configFromHeaders(req.headers, { ...guard(options), providers: { ...providers, ...options.providers } })
}

function guard({ requestConfig }: Options): { allowPrivateHosts: boolean } {
  return { allowPrivateHosts: requestConfig?.allowPrivateHosts ?? false }
}

/** Without the agents of the options: they would look names up unguarded. */
function guardedUpstream(options: Options): Upstream {
  const { maxSockets } = options
  return createUpstream({ ...(maxSockets !== undefined && { maxSockets }), lookup: guardedLookup(guard(options)) })
}

/** What the requests of one config share. Those with a config of their own share nothing: a hostile one would spoil it. */
function shared(options: Options): Shared {
  const { breakerStore, logger, onCircuit } = options
  const onState =
    onCircuit &&
    ((target: string, state: CircuitState, before: CircuitState | undefined) =>
      observe(options, () => options.onCircuit?.({ target, state, before })))
  return { breaker: createBreaker(breakerStore ?? memoryStore(), { logger, onState }), hedges: hedgeMemory() }
}

/** Whether an answer of this route may be gone on with by another attempt. */
function mayRecover(route: ResolvedRoute): boolean {
  return route.kind === 'target' ? route.settings.midStream !== 'error' : route.routes.some(mayRecover)
}

/**
 * The provider's headers, its wait also where only the body told it, and, for the SDKs, that a retry is of no use: they would
 * go on asking after a used-up quota.
 */
function failureHeaders({ headers, api, shouldRetry }: UpstreamError): Record<string, string> {
  const told = 'retry-after' in headers || 'retry-after-ms' in headers
  return {
    ...headers,
    ...(api.retryAfter !== undefined && !told && { 'retry-after': String(Math.ceil(api.retryAfter / 1000)) }),
    ...(!(shouldRetry ?? api.retryable) && { 'x-should-retry': 'false' }),
  }
}

function publish(res: StreamgateResponse, outcome: Outcome): void {
  res.locals ??= {}
  res.locals.streamgate = outcome
}

/** What is no fault of the request is one of ours. */
function rejection(thrown: unknown, { logger }: Options): ApiError {
  if (thrown instanceof RequestError) return thrown.api
  if ((thrown as NodeJS.ErrnoException | undefined)?.code === 'ECONNRESET') return apiError(499, 'The client left.')
  logger?.error(thrown)
  return apiError(500, 'streamgate failed to process the request.')
}

function notFound({ method, url }: StreamgateRequest): ApiError {
  return apiError(404, `There is nothing at ${method} ${url}.`, { code: null })
}
