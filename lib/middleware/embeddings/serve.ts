import { metadataFromHeaders } from '../../config/header.ts'
import { chatCompletions } from '../../dialects/chat-completions.ts'
import type { Dialect } from '../../dialects/dialect.ts'
import type { ChatRequest } from '../../types/chat.ts'
import type { Downstream } from '../client/downstream.ts'
import { failureHeaders } from '../client/failure-headers.ts'
import { sendFailure, sendJson, setHeaders } from '../client/send.ts'
import { endRequest } from '../end-request.ts'
import type { Gate, StreamgateRequest, StreamgateResponse } from '../gate.ts'
import { clientSignal } from '../incoming/client-signal.ts'
import { readBody } from '../incoming/read-body.ts'
import { idsUnderWay } from '../incoming/request-id.ts'
import { setTraceHeaders, setTraceId, traceHeaders } from '../incoming/trace-headers.ts'
import { observe } from '../observe.ts'
import { outcomeOf, rejectedOutcome } from '../outcome.ts'
import { rejection } from '../rejection.ts'
import { relay } from '../relay.ts'
import { routed } from '../routing/model-routing.ts'
import { type Embedded, embeddingsAttempt } from './attempt.ts'
import { embeddingModel } from './model.ts'
import { readEmbeddings } from './request.ts'

/** Errors, and all that a request's attempts ask of a dialect, are those of OpenAI's chat API. */
const DIALECT: Dialect = { ...chatCompletions, name: 'embeddings', path: '/embeddings' }

/**
 * Answers `POST /embeddings`: by the config's targets as a chat is, with retries, fallbacks, circuits, keys and hooks, but in one
 * piece. Rejects only with what the response's own methods throw before the body is read.
 */
export async function serveEmbeddings(gate: Gate, req: StreamgateRequest, res: StreamgateResponse): Promise<void> {
  const { options, limits } = gate
  const began = performance.now()
  const requestId = idsUnderWay.open(req, res)
  const dialect = DIALECT.name
  const signal = clientSignal(res)
  try {
    setTraceHeaders(req, res, requestId)
    const { config: whole, shared, ...backend } = (await gate.requestBackends?.backendFor(req.headers)) ?? gate.backend
    const body = readEmbeddings((await readBody(req, limits)).value)
    const metadata = { ...metadataFromHeaders(req.headers) }
    const asked: ChatRequest = Object.freeze({ ...body, messages: [] })
    observe(options, () =>
      options.onRequest?.({
        ...{ requestId, dialect, model: body.model, stream: false, metadata, request: asked },
        traceHeaders: traceHeaders(req.headers),
        setTraceId: (id) => setTraceId(res, id),
      }),
    )
    const { config, request } = routed({ config: whole, request: asked }, options)
    let embedded: Embedded | undefined
    const context = {
      ...{ requestId, dialect: DIALECT, request, native: undefined, lost: [], nativeOnly: undefined, metadata },
      ...{ legacy: false, headers: req.headers, downstream: NOTHING_SENT, midStream: undefined },
      ...{ options, limits, logChunks: false, signal, ...backend },
    }
    const { attempts, failure, headers } = await relay(context, config, shared, {
      attempt: embeddingsAttempt(body, (answer) => {
        embedded = answer
      }),
      modelOf: embeddingModel,
    })
    const aborted = signal.aborted
    endRequest(
      gate,
      res,
      outcomeOf({ requestId, dialect, attempts, failure, began, aborted, committed: false }),
      () => {
        if (aborted) return
        if (embedded !== undefined && failure === undefined) {
          setHeaders(res, embedded.headers)
          sendJson(res, 200, embedded.answer)
        } else if (failure !== undefined) {
          sendFailure(res, DIALECT.failure(failure.api, requestId), { ...failureHeaders(failure), ...headers })
        }
      },
    )
  } catch (thrown) {
    const error = rejection(thrown, options)
    endRequest(gate, res, rejectedOutcome({ requestId, dialect, error, aborted: signal.aborted, began }), () => {
      if (res.headersSent || res.destroyed) res.destroy()
      else sendFailure(res, DIALECT.failure(error, requestId))
    })
  } finally {
    idsUnderWay.close(requestId)
  }
}

/** The client gets all at once, at the end. */
const NOTHING_SENT: Downstream = {
  begin() {},
  write: () => true,
  onReady() {},
  committed: () => false,
  callSent: () => false,
  textSent: () => undefined,
  finish() {},
  fail() {},
}
