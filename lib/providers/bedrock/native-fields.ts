import type { ChatRequest } from '../../types/chat.ts'
import { type Json, object, text } from '../json.ts'
import { mergedFields, namedField, nativeFields } from '../native-fields.ts'

/** Fields of Converse that pass as they are. Source: API reference of ConverseStream. */
export const CONVERSE_FIELDS = ['additionalModelResponseFieldPaths', 'promptVariables']

/** Fields of Converse that are joined with what we put there; the client's win. */
export const CONVERSE_OBJECTS = [
  'inferenceConfig',
  'additionalModelRequestFields',
  'outputConfig',
  'serviceTier',
  'requestMetadata',
]

/** What both APIs have, Converse as fields, a model's own API in headers. LiteLLM has the same names. */
export const GUARDRAIL = ['guardrailConfig', 'guardrail_config']
export const PERFORMANCE = ['performanceConfig', 'performance_config']

/** Body with the client's own fields of Converse. */
export function withConverseFields(body: Json, request: ChatRequest): Json {
  return {
    ...mergedFields(body, nativeFields(request, CONVERSE_OBJECTS)),
    ...nativeFields(request, CONVERSE_FIELDS),
    guardrailConfig: namedField(request, ...GUARDRAIL),
    performanceConfig: namedField(request, ...PERFORMANCE),
  }
}

/** The client's guardrail and latency where a model's own body has no place for them. Source: API reference of InvokeModel. */
export function invokeHeaders(request: ChatRequest): Record<string, string> {
  const { guardrailIdentifier, guardrailVersion, trace } = object(namedField(request, ...GUARDRAIL))
  const { latency } = object(namedField(request, ...PERFORMANCE))
  const headers = {
    'x-amzn-bedrock-guardrailidentifier': text(guardrailIdentifier),
    'x-amzn-bedrock-guardrailversion': text(guardrailVersion),
    'x-amzn-bedrock-trace': text(trace).toUpperCase(),
    'x-amzn-bedrock-performanceconfig-latency': text(latency),
  }
  // A header has no line breaks, whatever the client writes.
  return Object.fromEntries(Object.entries(headers).filter(([, value]) => /^[\x21-\x7e]+$/.test(value)))
}
