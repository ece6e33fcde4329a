import { setImmediate as turn } from 'node:timers/promises'
import { metadataFromHeaders } from '../config/header.ts'
import { targetsOf } from '../config/targets-of.ts'
import { warningsOf } from '../config/warnings.ts'
import { parseConfig, type StreamgateConfig } from '../config.ts'
import type { Dialect } from '../dialects/dialect.ts'
import { dialectAt } from '../dialects/index.ts'
import { apiError } from '../errors.ts'
import { nodeProblem } from '../node-version.ts'
import { DEFAULT_LIMITS, type Options } from '../options.ts'
import type { ApiError } from '../types/provider.ts'
import { operatorBackend, requestBackends } from './backend.ts'
import { answerBeside, besideAt } from './beside/beside.ts'
import { failureHeaders } from './client/failure-headers.ts'
import { jsonClient } from './client/json-client.ts'
import { refuse, sendFailure, setHeaders } from './client/send.ts'
import { sseClient } from './client/sse-client.ts'
import { endRequest } from './end-request.ts'
import { checkLists, checkSizes, LARGE } from './incoming/check-sizes.ts'
import { clientSignal } from './incoming/client-signal.ts'
import { itemMemories } from './incoming/item-memories.ts'
import { midStreamFromHeaders } from './incoming/mid-stream-header.ts'
import { readBody } from './incoming/read-body.ts'
import { idsUnderWay } from './incoming/request-id.ts'
import { setTraceHeaders, setTraceId, traceHeaders } from './incoming/trace-headers.ts'
import type { Mount, StreamgateRequest, StreamgateResponse } from './mount.ts'
import { nothingAt } from './nothing-there.ts'
import { observe } from './observe.ts'
import { outcomeOf, rejectedOutcome } from './outcome.ts'
import { quietLogger } from './quiet-logger.ts'
import { rejection } from './rejection.ts'
import { relay } from './relay.ts'
import { routed } from './routing/model-routing.ts'

/** Fits Express 4 and 5, Connect and bare `node:http`. */
export interface Streamgate {
  (req: StreamgateRequest, res: StreamgateResponse, next?: (error?: unknown) => void): void
  /** Closes idle connections to the providers; running streams go on. */
  close(): void
}

/**
 * A middleware that answers `POST <mount>/chat/completions` and the paths of the other dialects (docs/dialects.md; behind `/v1`
 * where nothing is mounted) from the targets of `config`, and leaves every other request to `next`. Throws ConfigError, which
 * lists all that is wrong.
 *
 * @example
 * app.use('/v1', streamgate({
 *   retry: { attempts: 1 },
 *   targets: [
 *     { provider: 'openai', api_key: process.env.OPENAI_API_KEY },
 *     { provider: 'anthropic', api_key: process.env.ANTHROPIC_API_KEY, override_params: { model: 'claude-sonnet-5' } },
 *   ],
 * }))
 */
export function streamgate<Custom extends string = never>(
  config: StreamgateConfig<NoInfer<Custom>>,
  options: Options<Custom> = {},
): Streamgate {
  const problem = nodeProblem(process.versions.node)
  if (problem !== undefined) throw new Error(problem)
  const own: Options = { ...options, ...(options.logger && { logger: quietLogger(options.logger) }) }
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const mount: Mount = {
    options: own,
    limits,
    items: itemMemories(own, limits),
    backend: operatorBackend(parseConfig(config, own), own),
    requestBackends: requestBackends(own),
  }
  for (const warning of warningsOf(mount.backend.config)) own.logger?.info?.(warning)
  const handler = (req: StreamgateRequest, res: StreamgateResponse, next?: (error?: unknown) => void) => {
    const dialect = req.method === 'POST' ? dialectAt(req.url ?? '') : undefined
    const beside =
      dialect === undefined ? besideAt(req.method, req.url ?? '', req.headers.upgrade !== undefined) : undefined
    if (dialect !== undefined) serve(mount, dialect, req, res).catch((error) => closeBroken(mount, res, error))
    else if (beside !== undefined)
      answerBeside(mount, beside, req, res).catch((error) => closeBroken(mount, res, error))
    else if (next !== undefined) next()
    else refuse(req, res, notFound(req))
  }
  return Object.assign(handler, {
    close() {
      mount.backend.upstream.close()
      mount.requestBackends?.close()
    },
  })
}

/** Closes a response that could not even be prepared: its own methods throw. */
function closeBroken({ options }: Mount, res: StreamgateResponse, error: unknown): void {
  if (res.destroyed) return
  options.logger?.error(error)
  res.destroy()
}

/** One request from its body to its outcome. Rejects only with what the response's own methods throw before the body is read. */
async function serve(mount: Mount, dialect: Dialect, req: StreamgateRequest, res: StreamgateResponse): Promise<void> {
  const { options, limits } = mount
  const began = performance.now()
  const requestId = idsUnderWay.open(req, res)
  setTraceHeaders(req, res, requestId)
  setHeaders(res, dialect.headers?.(requestId))
  const signal = clientSignal(res)

  try {
    signal.throwIfAborted()
    const backend = (await mount.requestBackends?.backendFor(req.headers)) ?? mount.backend
    const { upstream, memory, operated } = backend
    const headerMetadata = metadataFromHeaders(req.headers)
    const midStream = midStreamFromHeaders(req.headers)
    const { value, bytes } = await readBody(req, limits)
    checkLists(value, limits)
    const reading = dialect.read(value, req.headers, {
      maxAnswerBytes: limits.maxAnswerBytes,
      items: () => mount.items?.(req.headers),
    })
    const parsed = reading instanceof Promise ? await reading : reading
    const { native, lost = [], nativeOnly, legacy, stream } = parsed
    const { config, request } = routed({ config: backend.config, request: parsed.request }, options)
    checkSizes(request, bytes, limits)
    // To read a large request took a time in which others want their turns, and to encode it will.
    if ((bytes ?? 0) > LARGE) await turn()
    const metadata = { ...headerMetadata, ...request.metadata, ...options.metadata?.(req) }
    const downstream = (stream ? sseClient : jsonClient)(res, {
      ...{ dialect, requestId, format: parsed },
      recover: targetsOf(config.route).some(({ settings }) => (midStream ?? settings.midStream).length > 0),
      settings: config.request,
      limits,
      logger: options.logger,
    })
    observe(options, () =>
      options.onRequest?.({
        ...{ requestId, dialect: dialect.name, model: parsed.request.model, stream, metadata, request },
        traceHeaders: traceHeaders(req.headers),
        setTraceId: (id) => setTraceId(res, id),
      }),
    )
    const context = {
      ...{ requestId, dialect, request, native, lost, nativeOnly, metadata, legacy },
      ...{ headers: req.headers, downstream, options, limits },
      ...{ upstream, memory, operated, signal, midStream },
      // The operator's switch, whoever's config it is: a client cannot fill the log, nor keep out of it.
      logChunks: mount.backend.config.request.logChunks,
    }
    const { attempts, failure, headers } = await relay(context, config, backend.shared)

    const committed = downstream.committed()
    const facts = { requestId, dialect: dialect.name, attempts, failure, began, aborted: signal.aborted, committed }
    endRequest(mount, res, outcomeOf(facts), () => {
      if (failure !== undefined) downstream.fail(failure.api, { ...failureHeaders(failure), ...headers })
      else if (!signal.aborted) downstream.finish()
    })
  } catch (thrown) {
    const error = rejection(thrown, options)
    const facts = { requestId, dialect: dialect.name, error, began, aborted: signal.aborted }
    endRequest(mount, res, rejectedOutcome(facts), () => {
      if (res.headersSent || res.destroyed) res.destroy()
      else sendFailure(res, dialect.failure(error, requestId), error.status === 413 ? { connection: 'close' } : {})
    })
  } finally {
    idsUnderWay.close(requestId)
  }
}

function notFound({ method, url }: StreamgateRequest): ApiError {
  return apiError(404, nothingAt(method, url), { code: null })
}
