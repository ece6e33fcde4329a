import type { ResolvedSettings } from '../../../config.ts'
import { violationOf } from '../../../json-schema.ts'
import type { Demands } from '../../../transforms/usable.ts'
import type { ChatRequest } from '../../../types/chat.ts'

/** How the answer to this request can be used. */
export function demandsOf(request: ChatRequest, { failOn }: Pick<ResolvedSettings, 'failOn'>): Demands {
  const format = failOn.includes('invalid_schema') ? request.response_format : undefined
  const schema = format?.type === 'json_schema' ? format.json_schema.schema : undefined
  return {
    failOn,
    json: asksForJson(request),
    violation: schema && violationOf(schema),
    afterToolResult: request.messages.at(-1)?.role === 'tool',
  }
}

/** The request as far as its answer can be measured by it: a form that was not sent is no demand. */
export function withoutDropped(request: ChatRequest, dropped: readonly string[]): ChatRequest {
  if (!dropped.includes('response_format')) return request
  const { response_format: _, ...rest } = request
  return rest as ChatRequest
}

/** Of the rest of a broken answer. It may have no text, and whether all of the text is JSON is seen at the joint. */
export function demandsOfRest(demands: Demands): Demands {
  return { ...demands, json: false, failOn: demands.failOn.filter((each) => each !== 'empty') }
}

/** Whether a request asks for JSON, or a target does in its place. */
export function asksForJson(
  request: ChatRequest,
  target?: { settings: Pick<ResolvedSettings, 'overrideParams'> },
): boolean {
  const { response_format }: Partial<ChatRequest> = { ...request, ...target?.settings.overrideParams }
  return response_format?.type === 'json_object' || response_format?.type === 'json_schema'
}
