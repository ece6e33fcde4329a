import type { ChatRequest } from '../../types/chat.ts'
import type { Endpoint, NativeRequest, TokenCount } from '../../types/provider.ts'
import { count, object, parsedObject } from '../json.ts'
import { authorize } from './auth.ts'
import { claudeBody } from './claude-body.ts'
import { modelUrl, regionOf } from './endpoint.ts'

/** The id of a model of Anthropic's itself, at the end of that of a profile or of an ARN. */
const FOUNDATION_MODEL = /\banthropic\.[\w.:-]+$/

/**
 * Has Bedrock count the tokens of a Messages request for Claude. It counts by the ids of foundation models alone, not by those of
 * the profiles that newer models are asked by, and not for each model: one that it has no count for is a 400.
 *
 * Source: docs.aws.amazon.com/bedrock, CountTokens; that a profile's id is refused: pydantic/pydantic-ai#4001.
 */
export function claudeCount(
  native: NativeRequest,
  { model }: ChatRequest,
  named: ChatRequest,
  fields: Endpoint['fields'],
): TokenCount | undefined {
  const id = FOUNDATION_MODEL.exec(named.model)?.[0]
  const given = id === undefined ? undefined : claudeBody(native, named, { fields })?.body
  if (id === undefined || given === undefined) return undefined
  return {
    async encode(endpoint) {
      const located = model.startsWith('arn:') ? inRegion(endpoint, regionOf(model, endpoint)) : endpoint
      const url = modelUrl(id, 'count-tokens', located)
      const headers = { 'content-type': 'application/json', accept: 'application/json' }
      const invoked = JSON.stringify({ max_tokens: leastLimit(given), ...given })
      const body = JSON.stringify({ input: { invokeModel: { body: Buffer.from(invoked).toString('base64') } } })
      return { url, headers: await authorize({ method: 'POST', url, headers, body }, id, located), body }
    },
    read: (text) => count(parsedObject(text).inputTokens),
  }
}

/** A count says nothing of a limit, which is demanded here, and must be larger than what may be thought. */
function leastLimit({ thinking }: Readonly<Record<string, unknown>>): number {
  return (count(object(thinking).budget_tokens) ?? 0) + 1
}

function inRegion(endpoint: Endpoint, aws_region: string): Endpoint {
  return { ...endpoint, fields: { ...endpoint.fields, aws_region } }
}
