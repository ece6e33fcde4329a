import {
  type Attributes,
  type Context,
  context,
  isSpanContextValid,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TracerProvider,
  trace,
} from '@opentelemetry/api'
import type { AttemptEnd, AttemptStart, FailureInfo, Hooks, Outcome, RequestStart } from '../options.ts'
import {
  attemptAttributes,
  dialectAttributes,
  errorType,
  metadataAttributes,
  operationOf,
  requestAttributes,
  usageAttributes,
} from './attributes.ts'
import { inputMessages, type OutputMessages, outputMessages } from './content.ts'
import { ATTR, CHAT, OWN } from './names.ts'

/** The spans of a request under way. */
interface RequestSpans {
  span: Span
  /** With the span as its parent. */
  inner: Context
  attempts: Map<number, { span: Span; output: OutputMessages | undefined }>
}

/** A span for each request, and in it one for each attempt. */
export function spanHooks(tracerProvider: TracerProvider | undefined, recordContent: boolean): Hooks {
  // Asked for each time: the application may register a provider later.
  const tracer = () => (tracerProvider ?? trace).getTracer('streamgate')
  const underWay = new Map<string, RequestSpans>()

  const hooks: Hooks = {
    onRequest(request) {
      const outer = trace.getSpan(context.active())
      const parent = outer ? context.active() : propagation.extract(context.active(), request.traceHeaders)
      const attributes = beginOf(request, recordContent)
      const kind = outer ? SpanKind.INTERNAL : SpanKind.SERVER
      const span = tracer().startSpan(`streamgate ${operationOf(request)}`, { kind, attributes }, parent)
      underWay.set(request.requestId, { span, inner: trace.setSpan(parent, span), attempts: new Map() })
      if (isSpanContextValid(span.spanContext())) request.setTraceId(span.spanContext().traceId)
    },
    onAttemptStart(start) {
      const request = underWay.get(start.requestId)
      if (request === undefined) return
      const options = { kind: SpanKind.CLIENT, attributes: attemptBegin(start) }
      const span = tracer().startSpan(`${start.operation ?? CHAT} ${start.model}`, options, request.inner)
      request.attempts.set(start.attempt, { span, output: recordContent ? outputMessages() : undefined })
    },
    onResume({ requestId, attempt }, how) {
      underWay.get(requestId)?.attempts.get(attempt)?.span.addEvent(`streamgate.${how}`)
    },
    onAttemptEnd(end) {
      const attempt = underWay.get(end.requestId)?.attempts.get(end.attempt)
      if (attempt === undefined) return
      attempt.span.setAttributes(attemptOutcome(end))
      if (attempt.output !== undefined) attempt.span.setAttribute(ATTR.outputMessages, attempt.output.result())
      fail(attempt.span, end.failure, end.outcome)
      attempt.span.end()
    },
    onFinish(outcome) {
      const { requestId, duration, failure } = outcome
      // One that was wrong itself has begun unseen.
      const startTime = Date.now() - duration
      const span =
        underWay.get(requestId)?.span ??
        tracer().startSpan(`streamgate ${operationOf(outcome)}`, {
          ...{ kind: SpanKind.SERVER, startTime, attributes: idOf(outcome) },
        })
      underWay.delete(requestId)
      span.setAttributes(requestOutcome(outcome))
      fail(span, failure, outcome.outcome)
      span.end()
    },
  }
  if (!recordContent) return hooks
  return {
    ...hooks,
    onChunk(chunk, { requestId, attempt }) {
      underWay.get(requestId)?.attempts.get(attempt)?.output?.add(chunk)
    },
  }
}

function idOf(request: Pick<RequestStart, 'requestId' | 'dialect' | 'operation'>): Attributes {
  return { ...dialectAttributes(request), [OWN.requestId]: request.requestId }
}

function beginOf(start: RequestStart, recordContent: boolean): Attributes {
  const { model, stream, request, metadata } = start
  return {
    ...idOf(start),
    [ATTR.requestModel]: model,
    [ATTR.requestStream]: stream,
    ...requestAttributes(request),
    ...metadataAttributes(metadata),
    ...(recordContent && { [ATTR.inputMessages]: inputMessages(request) }),
  }
}

function attemptBegin(start: AttemptStart): Attributes {
  return {
    ...attemptAttributes(start),
    [OWN.requestId]: start.requestId,
    [OWN.attempt]: start.attempt,
    [OWN.reason]: start.reason,
    [OWN.resume]: start.resume,
    ...metadataAttributes(start.metadata),
  }
}

function attemptOutcome(end: AttemptEnd): Attributes {
  const { outcome, failure, timings, chunks, usage, response, resumed, providerRequestId, cost } = end
  const { firstContent } = timings
  return {
    [OWN.outcome]: outcome,
    [OWN.chunks]: chunks,
    ...(firstContent !== undefined && { [ATTR.timeToFirstChunk]: firstContent / 1000 }),
    ...(response && {
      [ATTR.responseId]: response.id,
      [ATTR.responseModel]: response.model,
      [ATTR.finishReasons]: [...response.finishReasons],
    }),
    ...usageAttributes(usage),
    ...(cost && { [OWN.cost]: cost.total, [OWN.estimated]: cost.estimated }),
    ...(providerRequestId !== undefined && { [OWN.providerRequestId]: providerRequestId }),
    ...(resumed !== undefined && { [OWN.resumed]: resumed }),
    ...(failure?.status !== undefined && { [ATTR.httpStatus]: failure.status }),
  }
}

/** Without the tokens: those of the attempts would count twice. */
function requestOutcome(end: Outcome): Attributes {
  return {
    [OWN.outcome]: end.outcome,
    [OWN.attempts]: end.attempts,
    [OWN.retries]: end.retries,
    [OWN.fallbacks]: end.fallbacks,
    [OWN.hedges]: end.hedges,
    [OWN.restarts]: end.restarts,
    [OWN.recoveries]: end.recoveries,
    [OWN.truncated]: end.truncated,
    ...(end.timeToFirstChunk !== undefined && { [ATTR.timeToFirstChunk]: end.timeToFirstChunk / 1000 }),
    ...(end.target !== undefined && { [OWN.target]: end.target }),
  }
}

/** A provider's message may quote the prompt, so it is left out. A client that leaves is no error. */
function fail(span: Span, failure: FailureInfo | undefined, outcome: Outcome['outcome']): void {
  if (failure === undefined || outcome === 'aborted') return
  span.setAttribute(ATTR.errorType, errorType(failure))
  span.setStatus({ code: SpanStatusCode.ERROR, message: failure.code?.slice(0, 100) ?? failure.kind })
}
