import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { isPortkeyClient } from './portkey.ts'
import { isFit } from './request-id.ts'

/** The headers that the usual propagators of OpenTelemetry read. */
const TRACE_HEADERS = [
  ...['traceparent', 'tracestate', 'baggage', 'b3', 'x-b3-traceid', 'x-b3-spanid', 'x-b3-sampled', 'x-b3-flags'],
  ...['x-b3-parentspanid', 'uber-trace-id', 'x-amzn-trace-id', 'x-cloud-trace-context'],
]

/** Those of a request's headers that say which trace it belongs to. */
export function traceHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const found: Record<string, string> = {}
  for (const name of TRACE_HEADERS) {
    const value = headers[name]
    if (value !== undefined) found[name] = String(value)
  }
  return found
}

/** Sets the trace that the client named itself. A client that sent a header of Portkey's gets an id in any case. */
export function setTraceHeaders({ headers }: IncomingMessage, res: ServerResponse, requestId: string): void {
  if (res.headersSent) return
  const own = headers['x-portkey-trace-id']
  const named = TRACE_PARENT.exec(String(headers.traceparent))?.[1]
  if (named !== undefined) res.setHeader('x-streamgate-trace-id', named)
  if (!isPortkeyClient(headers)) return
  res.setHeader('x-portkey-request-id', requestId)
  res.setHeader('x-portkey-trace-id', isFit(own) ? own : (named ?? requestId))
}

/** The trace id of W3C's Trace Context. */
const TRACE_PARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-/

export function setTraceId(res: ServerResponse, id: string): void {
  if (!isFit(id)) throw new TypeError('A trace id must be of 1 to 128 letters, digits and ._:~-')
  if (res.headersSent) return
  res.setHeader('x-streamgate-trace-id', id)
}
