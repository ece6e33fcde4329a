import { setImmediate as turn } from 'node:timers/promises'
import { metadataFromHeaders } from '../config/header.ts'
import { targetsOf } from '../config/targets-of.ts'
import type { Dialect } from '../dialects/dialect.ts'
import { failureHeaders } from './client/failure-headers.ts'
import { jsonClient } from './client/json-client.ts'
import { sendFailure, setHeaders } from './client/send.ts'
import { sseClient } from './client/sse-client.ts'
import { endRequest } from './end-request.ts'
import { checkLists, checkSizes, LARGE } from './incoming/check-sizes.ts'
import { clientSignal } from './incoming/client-signal.ts'
import { midStreamFromHeaders } from './incoming/mid-stream-header.ts'
import { readBody } from './incoming/read-body.ts'
import { idsUnderWay } from './incoming/request-id.ts'
import { setTraceHeaders, setTraceId, traceHeaders } from './incoming/trace-headers.ts'
import type { Mount, StreamgateRequest, StreamgateResponse } from './mount.ts'
import { observe } from './observe.ts'
import { outcomeOf, rejectedOutcome } from './outcome.ts'
import { rejection } from './rejection.ts'
import { relay } from './relay.ts'
import { routed } from './routing/model-routing.ts'

/** One request from its body to its outcome. Rejects only with what the response's own methods throw before the body is read. */
export async function serve(
  mount: Mount,
  dialect: Dialect,
  req: StreamgateRequest,
  res: StreamgateResponse,
): Promise<void> {
  const { options, limits } = mount
  const began = performance.now()
  const requestId = idsUnderWay.open(req, res)
  setTraceHeaders(req, res, requestId)
  setHeaders(res, dialect.headers?.(requestId))
  const signal = clientSignal(res)

  try {
    signal.throwIfAborted()
    const own = mount.requestBackends && (await mount.requestBackends.backendFor(req.headers))
    const backend = own ?? mount.backend
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
    const { attempts, failure: missed, headers } = await relay(context, config, backend.shared)
    const failure = missed ?? (signal.aborted ? undefined : downstream.close())

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
