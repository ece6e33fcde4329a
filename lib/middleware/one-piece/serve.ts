import { setImmediate as turn } from 'node:timers/promises'
import { metadataFromHeaders } from '../../config/header.ts'
import type { ResolvedConfig } from '../../config.ts'
import type { Downstream } from '../client/downstream.ts'
import { failureHeaders } from '../client/failure-headers.ts'
import { sendFailure, sendJsonText, setHeaders } from '../client/send.ts'
import { endRequest } from '../end-request.ts'
import { LARGE } from '../incoming/check-sizes.ts'
import { clientSignal } from '../incoming/client-signal.ts'
import { readBody } from '../incoming/read-body.ts'
import { idsUnderWay } from '../incoming/request-id.ts'
import { setTraceHeaders, setTraceId, traceHeaders } from '../incoming/trace-headers.ts'
import type { Mount, StreamgateRequest, StreamgateResponse } from '../mount.ts'
import { observe } from '../observe.ts'
import { outcomeOf, rejectedOutcome } from '../outcome.ts'
import { rejection } from '../rejection.ts'
import { relay } from '../relay.ts'
import { routed } from '../routing/model-routing.ts'
import { pieceAttempt, type TargetAnswer } from './attempt.ts'
import type { PieceOperation } from './operation.ts'

/**
 * Answers a request by the config's targets as a chat is, with retries, fallbacks, circuits, keys and hooks, but in one piece.
 * Rejects only with what the response's own methods throw before the body is read.
 */
export async function serveInOnePiece(
  mount: Mount,
  { name: operation, dialect, read }: PieceOperation,
  req: StreamgateRequest,
  res: StreamgateResponse,
): Promise<void> {
  const { options, limits } = mount
  const began = performance.now()
  const requestId = idsUnderWay.open(req, res)
  const about = { requestId, dialect: dialect.name, operation }
  setHeaders(res, dialect.headers?.(requestId))
  const signal = clientSignal(res)
  try {
    setTraceHeaders(req, res, requestId)
    const backend = (await mount.requestBackends?.backendFor(req.headers)) ?? mount.backend
    const { upstream, memory, operated } = backend
    const { value, bytes } = await readBody(req, limits)
    const { headers } = req
    const parsed = await read(value, { headers, limits, bytes, items: () => mount.items?.(headers) })
    const { config, request } = routed({ config: backend.config, request: parsed.request }, options)
    // To read a large request took a time in which others want their turns, and to encode it will.
    if ((bytes ?? 0) > LARGE) await turn()
    const metadata = { ...metadataFromHeaders(headers), ...request.metadata, ...options.metadata?.(req) }
    observe(options, () =>
      options.onRequest?.({
        ...{ ...about, model: parsed.request.model, stream: false, metadata, request },
        traceHeaders: traceHeaders(headers),
        setTraceId: (id) => setTraceId(res, id),
      }),
    )
    let answer: TargetAnswer | undefined
    const context = {
      ...{ requestId, dialect, request, native: undefined, lost: [], nativeOnly: undefined, metadata },
      ...{ legacy: false, headers, downstream: NOTHING_SENT, midStream: undefined },
      ...{ options, limits, logChunks: false, signal, upstream, memory, operated },
    }
    const report = await relay(context, within(config, parsed.longest), backend.shared, {
      operation,
      attempt: pieceAttempt(parsed, (result) => {
        answer = result
      }),
      modelOf: parsed.modelOf,
      passedOver: parsed.passedOver,
    })
    const instead = report.failure === undefined ? undefined : parsed.instead?.()
    const failure = instead === undefined ? report.failure : undefined
    const aborted = signal.aborted
    const outcome = outcomeOf({ ...about, attempts: report.attempts, failure, began, aborted, committed: false })
    endRequest(mount, res, instead === undefined ? outcome : { ...outcome, ...NOBODY }, () => {
      if (aborted) return
      const piece = instead ?? answer?.piece
      if (failure !== undefined) {
        sendFailure(res, dialect.failure(failure.api, requestId), { ...failureHeaders(failure), ...report.headers })
      } else if (piece !== undefined) {
        setHeaders(res, { ...answer?.headers, ...piece.headers })
        sendJsonText(res, 200, piece.body)
      }
    })
  } catch (thrown) {
    const error = rejection(thrown, options)
    endRequest(mount, res, rejectedOutcome({ ...about, error, aborted: signal.aborted, began }), () => {
      if (res.headersSent || res.destroyed) res.destroy()
      else sendFailure(res, dialect.failure(error, requestId), error.status === 413 ? { connection: 'close' } : {})
    })
  } finally {
    idsUnderWay.close(requestId)
  }
}

/** Who has given an answer that no target gave. */
const NOBODY = { target: undefined, provider: undefined, model: undefined }

/** The config with `total_timeout` of no more than this. */
function within(config: ResolvedConfig, longest: number = Number.POSITIVE_INFINITY): ResolvedConfig {
  const { totalTimeout = Number.POSITIVE_INFINITY } = config.request
  return totalTimeout <= longest ? config : { ...config, request: { ...config.request, totalTimeout: longest } }
}

/** The client gets all at once, at the end. */
const NOTHING_SENT: Downstream = {
  begin() {},
  write: () => true,
  onReady() {},
  committed: () => false,
  callSent: () => false,
  textSent: () => undefined,
  close: () => undefined,
  finish() {},
  fail() {},
}
