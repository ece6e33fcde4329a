import type { IncomingMessage } from 'node:http'
import type { ResolvedTarget } from '../../config.ts'
import type { ChatRequest } from '../../types/chat.ts'
import type { Endpoint, Framing, HttpRequest, NativePassage } from '../../types/provider.ts'
import { continuationRefused } from '../recovery/continuation-refused.ts'
import type { AttemptTask, RequestContext } from '../request-context.ts'
import { abortable } from './abortable.ts'
import type { AttemptRecord } from './attempt-record.ts'
import type { RequestBytes } from './connection/stand-ins.ts'
import type { Deadlines } from './deadlines.ts'
import { encodedRequest } from './request/provider-faults.ts'
import { forwardedHeaders } from './request/request-headers.ts'
import { acceptedFraming } from './response/response-format.ts'
import { adjustedHeader, droppedHeader, returnedHeaders } from './response/response-headers.ts'

/** An attempt that is under way. */
export interface RunningAttempt {
  readonly context: RequestContext
  readonly target: ResolvedTarget
  readonly task: AttemptTask
  readonly record: AttemptRecord
  readonly clock: Deadlines
  /** Ends it all. */
  readonly signal: AbortSignal
}

/** A request for a target, the endpoint that it is for, and what of the client's request it lost. */
export interface OutgoingRequest {
  readonly request: ChatRequest
  readonly endpoint: Endpoint
  readonly lost: readonly string[]
  /** Set: the request goes past the translations. */
  readonly passage: NativePassage | undefined
}

/** A response whose body may be an answer, or a part of one. */
export interface AcceptedResponse {
  readonly outgoing: OutgoingRequest
  readonly response: IncomingMessage
  readonly framing: Framing
  /** The request's parameters that were left out. */
  readonly dropped: readonly string[]
}

/** Asks the target. No promise here holds the encoded body, so that it goes when it is sent, not when the answer ends. */
export function ask(running: RunningAttempt, outgoing: OutgoingRequest): Promise<AcceptedResponse> {
  const { target, record, signal } = running
  record.atWork = 'request'
  const { request, endpoint, passage } = outgoing
  const encoded = abortable(encodedRequest(target.provider, request, endpoint, passage), signal)
  const go = (each: HttpRequest) => sendEncoded(running, outgoing, each)
  return encoded instanceof Promise ? encoded.then(go) : go(encoded)
}

function sendEncoded(
  running: RunningAttempt,
  outgoing: OutgoingRequest,
  encoded: HttpRequest,
): Promise<AcceptedResponse> {
  const { way } = running.task
  running.record.atWork = 'provider'
  // The model takes no prefill: it would answer anew, and nobody could see it.
  if (way.type === 'append' && way.text.trim() !== '' && encoded.adjusted?.includes('last-turn')) {
    throw continuationRefused()
  }
  return send(running, inBytes(encoded), outgoing)
}

/** Asks the model, which has paused within its answer, for what follows. */
export async function askAfterPause(
  running: RunningAttempt,
  outgoing: OutgoingRequest,
  nextRequest: (encoded: HttpRequest) => HttpRequest,
): Promise<AcceptedResponse> {
  const { target, signal } = running
  const { request, endpoint } = outgoing
  const encoded = await abortable(encodedRequest(target.provider, request, endpoint), signal)
  return send(running, inBytes(nextRequest(encoded)), outgoing)
}

type EncodedRequest = Omit<HttpRequest, 'body'> & RequestBytes

/** The text of the body, which may be megabytes, goes as soon as its bytes are there. */
function inBytes({ body, ...encoded }: HttpRequest): EncodedRequest {
  return { ...encoded, body: Buffer.from(body) }
}

async function send(
  { context, target, record, clock, signal }: RunningAttempt,
  encoded: EncodedRequest,
  outgoing: OutgoingRequest,
): Promise<AcceptedResponse> {
  const { request, endpoint, lost } = outgoing
  const forwarded = forwardedHeaders(context.headers, target.settings.forwardHeaders)
  const sent = { ...encoded, headers: { ...forwarded, ...encoded.headers } }
  const response = await context.upstream.send(sent, signal, {
    connecting: clock.connecting,
    connected() {
      record.reached('connected')
      clock.connected()
    },
  })
  clock.connected()
  record.reached('headers')
  const dropped = [...(encoded.dropped ?? []), ...lost]
  record.headers = {
    ...returnedHeaders(response.headers),
    ...droppedHeader(context.dialect.ownParam ? dropped.map(context.dialect.ownParam) : dropped, context.legacy),
    ...adjustedHeader(encoded.adjusted),
  }
  try {
    const accepted = acceptedFraming(response, target, request, endpoint, context.limits)
    const framing = accepted instanceof Promise ? await accepted : accepted
    return { outgoing, response, framing, dropped }
  } catch (error) {
    // Its body was read as far as it is of use, and another response may follow it.
    response.destroy()
    throw error
  }
}
