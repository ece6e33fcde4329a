import type { ChatRequest } from '../../types/chat.ts'
import { maxTokens, stopList } from '../content.ts'
import { jsonInstruction, jsonSchema } from '../json-instruction.ts'
import { THREE_EFFORTS } from '../openai/efforts.ts'
import { jsonForm } from './json-answer.ts'
import { lacks } from './model-rules.ts'
import { type Family, familyOf } from './models.ts'
import { type ToolConfig, toolConfig } from './tools.ts'

/** The fields of a ConverseStream body that depend on the model, and two things beside it. */
export interface ModelFields {
  /** Parameters that Converse calls by one name for all models. */
  inferenceConfig?: InferenceConfig | undefined
  /** Parameters that only this model knows, under its own names. */
  additionalModelRequestFields?: Record<string, unknown> | undefined
  toolConfig?: ToolConfig | undefined
  outputConfig?: OutputConfig | undefined
  /** Said to the model after the request's own instructions. */
  instruction?: string | undefined
  /** Whether thinking goes back in front of the calls that it led to. */
  replayThinking: boolean
}

export interface InferenceConfig {
  maxTokens?: number | undefined
  temperature?: number | undefined
  topP?: number | undefined
  stopSequences?: string[] | undefined
}

export interface OutputConfig {
  textFormat: {
    type: 'json_schema'
    structure: { jsonSchema: { schema: string; name: string; description?: string | undefined } }
  }
}

/** The fields of all models but Claude, whose are in claude.ts. */
export function modelFields(request: ChatRequest): ModelFields {
  return {
    ...parameters(request, familyOf(request.model)),
    toolConfig: toolConfig(request),
    outputConfig: outputConfig(request),
    instruction: jsonForm(request) === 'instruction' ? jsonInstruction(request) : undefined,
    replayThinking: false,
  }
}

function parameters(
  request: ChatRequest,
  family: Family,
): Pick<ModelFields, 'inferenceConfig' | 'additionalModelRequestFields'> {
  const effort = request.reasoning_effort ?? ''
  const inferenceConfig = {
    maxTokens: maxTokens(request),
    temperature: temperature(request, family),
    topP: request.top_p ?? undefined,
    stopSequences: lacks(request.model, 'stop') ? undefined : stopList(request),
  }

  switch (family) {
    case 'nova':
      return { inferenceConfig, additionalModelRequestFields: novaTopK(request) }
    case 'nova-2': {
      const reasoningConfig = novaReasoning(effort)
      // The highest effort takes neither a limit nor sampling beside it.
      if (reasoningConfig?.maxReasoningEffort === 'high') {
        const { stopSequences } = inferenceConfig
        return { inferenceConfig: { stopSequences }, additionalModelRequestFields: { reasoningConfig } }
      }
      const reasoning = reasoningConfig && { reasoningConfig }
      return { inferenceConfig, additionalModelRequestFields: { ...novaTopK(request), ...reasoning } }
    }
    case 'gpt-oss':
      return {
        inferenceConfig,
        additionalModelRequestFields: { reasoning_effort: effort === 'none' ? 'low' : THREE_EFFORTS.get(effort) },
      }
    case 'openai':
      return {
        inferenceConfig: { maxTokens: inferenceConfig.maxTokens },
        additionalModelRequestFields: effort === '' ? undefined : { reasoning: { effort } },
      }
    default:
      return { inferenceConfig }
  }
}

/** OpenAI's go up to 2, all others' to 1. */
function temperature({ temperature }: ChatRequest, family: Family): number | undefined {
  if (temperature == null) return undefined
  return family === 'gpt-oss' ? temperature : Math.min(temperature, 1)
}

function novaTopK({ top_k }: ChatRequest) {
  return top_k == null ? undefined : { inferenceConfig: { topK: top_k } }
}

/** Source: docs.aws.amazon.com/nova/latest/nova2-userguide, "Request and response schema". */
function novaReasoning(effort: string): { type: string; maxReasoningEffort?: string } | undefined {
  if (effort === 'none') return { type: 'disabled' }
  const maxReasoningEffort = THREE_EFFORTS.get(effort)
  return maxReasoningEffort === undefined ? undefined : { type: 'enabled', maxReasoningEffort }
}

function outputConfig(request: ChatRequest): OutputConfig | undefined {
  const format = request.response_format
  if (format?.type !== 'json_schema' || jsonForm(request) !== 'native') return undefined
  const { name, description } = format.json_schema
  const schema = JSON.stringify(jsonSchema(request))
  return { textFormat: { type: 'json_schema', structure: { jsonSchema: { schema, name, description } } } }
}
