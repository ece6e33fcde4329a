import type { IncomingMessage, ServerResponse } from 'node:http'
import { configFromHeaders } from '../config/header.ts'
import { guardedLookup } from '../config/hosts.ts'
import { parseConfig, type Route } from '../config.ts'
import { apiError, RequestError, type UpstreamError } from '../errors.ts'
import { DEFAULT_LIMITS, type Limits, type Options, type Outcome } from '../options.ts'
import { providers } from '../providers/index.ts'
import type { ApiError } from '../types.ts'
import { jsonDownstream, sendError, sseDownstream } from './downstream.ts'
import { observe } from './observe.ts'
import { outcomeOf, rejectedOutcome } from './outcome.ts'
import { relay } from './relay.ts'
import { parseRequest, readBody } from './request.ts'
import { createUpstream, type Upstream } from './upstream.ts'

export type Request = IncomingMessage & { body?: unknown }
export type Response = ServerResponse & { locals?: Record<string, unknown> }

/** Fits Express 4 and 5, Connect and bare `node:http`. */
export interface Streamgate {
  (req: Request, res: Response, next?: (error?: unknown) => void): void
  /** Closes idle connections to the providers; running streams go on. */
  close(): void
}

/**
 * A middleware that answers `POST <mount>/chat/completions` (and `/v1/chat/completions` where nothing is mounted) from the
 * targets of `config`, and leaves every other request to `next`. `config` is JSON as in docs/config.md. Throws ConfigError.
 */
export function streamgate(config: unknown, options: Options = {}): Streamgate {
  const gate: Gate = {
    route: parseConfig(config, options),
    options,
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    upstream: createUpstream(options),
    guarded: options.requestConfig && guardedUpstream(options),
  }
  const handler = (req: Request, res: Response, next?: (error?: unknown) => void) => {
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

const PATH = /^(\/v1)?\/chat\/completions\/?(\?|$)/

interface Gate {
  route: Route
  options: Options
  limits: Limits
  upstream: Upstream
  /** For hosts that a client names: its DNS look-ups refuse private addresses. */
  guarded: Upstream | undefined
}

/** One request from its body to its outcome. Never rejects. */
async function serve(gate: Gate, req: Request, res: Response): Promise<void> {
  const { options, limits } = gate
  const began = performance.now()
  const left = new AbortController()
  res.once('close', () => {
    if (!res.writableFinished) left.abort(new Error('the client left'))
  })

  try {
    const own = await requestRoute(gate, req)
    const route = own ?? gate.route
    const { request, legacy, stream, includeUsage } = parseRequest(await readBody(req, limits.maxRequestBytes))
    const downstream = (stream ? sseDownstream : jsonDownstream)(res, {
      includeUsage,
      restart: mayRestart(route),
      limits,
    })
    const upstream = own === undefined ? gate.upstream : (gate.guarded ?? gate.upstream)
    const exchange = {
      request,
      legacy,
      headers: req.headers,
      upstream,
      downstream,
      options,
      limits,
      operated: own === undefined,
      signal: left.signal,
    }

    const { attempts, failure } = await relay(exchange, route)

    // Before the end, for those who log on the response's `finish`.
    const outcome = outcomeOf({ attempts, failure, aborted: left.signal.aborted, began })
    publish(res, outcome)
    if (failure !== undefined) downstream.fail(failure.api, waitHeaders(failure))
    else if (!left.signal.aborted) downstream.finish()
    observe(options, () => options.onFinish?.(outcome))
  } catch (thrown) {
    const error = rejection(thrown, options)
    const outcome = rejectedOutcome(error, left.signal.aborted, began)
    publish(res, outcome)
    if (res.headersSent || res.destroyed) res.destroy()
    else sendError(res, error, error.status === 413 ? { connection: 'close' } : {})
    observe(options, () => options.onFinish?.(outcome))
  }
}

/** The route that the request's own headers give, where that is switched on. */
async function requestRoute({ options }: Gate, req: Request): Promise<Route | undefined> {
  if (options.requestConfig === undefined) return undefined
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

/** Whether an answer of this route may be started over. */
function mayRestart(route: Route): boolean {
  return route.kind === 'target' ? route.settings.midStream === 'restart' : route.routes.some(mayRestart)
}

/** The provider's headers, and its wait also where only the body told it. */
function waitHeaders({ headers, api }: UpstreamError): Record<string, string> {
  if (api.retryAfter === undefined || 'retry-after' in headers || 'retry-after-ms' in headers) return { ...headers }
  return { ...headers, 'retry-after': String(Math.ceil(api.retryAfter / 1000)) }
}

function publish(res: Response, outcome: Outcome): void {
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

function notFound({ method, url }: Request): ApiError {
  return apiError(404, `There is nothing at ${method} ${url}.`, { code: null })
}
