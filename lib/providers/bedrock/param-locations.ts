import type { ChatRequest } from '../../types/chat.ts'
import { answerForm } from '../anthropic/answer.ts'
import { modelFor } from '../anthropic/models.ts'
import { NATIVE_FIELDS } from '../anthropic/request.ts'
import { isForced, toolChoiceOf } from '../anthropic/tool-choice.ts'
import { PARAM_LOCATIONS as COHERE } from '../cohere/param-locations.ts'
import { droppedParams, type ParamLocations } from '../dropped.ts'
import { object } from '../json.ts'
import { nativeLocations } from '../native-fields.ts'
import { openaiParamLocations } from '../openai/request.ts'
import { takesCachePoints } from './cache-points.ts'
import { CLAUDE_FIELDS } from './claude.ts'
import { type Family, familyOf } from './models.ts'
import { CONVERSE_FIELDS, CONVERSE_OBJECTS, GUARDRAIL, PERFORMANCE } from './native-fields.ts'
import { serviceTier } from './request.ts'

/** Names the parameters that are not in the body that was made of them: ConverseStream's or, with `invoke`, a model's own. */
export function droppedFrom(request: ChatRequest, body: object, invoke: boolean): string[] {
  const family = familyOf(request.model)
  if (invoke && family === 'gpt-oss')
    return droppedParams(request, body, openaiParamLocations(request, body), 'same name')
  return droppedParams(request, body, {
    ...(invoke && family === 'command-r' ? COHERE : PARAM_LOCATIONS),
    // Some models cannot be made to call a tool.
    tool_choice: !isForced(toolChoiceOf(request).mode) || !isLeftToChoose(object(body)),
    response_format: formatPlace(request, family, invoke),
    service_tier: serviceTier(request) !== undefined,
    cache_control: takesCachePoints(family),
    ...Object.fromEntries([...GUARDRAIL, ...PERFORMANCE].map((name) => [name, true])),
  })
}

const LIMIT = ['inferenceConfig.maxTokens', 'textGenerationConfig.maxTokenCount', 'max_tokens', 'max_gen_len']
const MORE = 'additionalModelRequestFields'

/** In Converse's body and in those of the models' own APIs, where no name means two things. */
const PARAM_LOCATIONS: ParamLocations = {
  max_tokens: LIMIT,
  max_completion_tokens: LIMIT,
  temperature: ['inferenceConfig.temperature', 'textGenerationConfig.temperature', 'temperature'],
  top_p: ['inferenceConfig.topP', 'textGenerationConfig.topP', 'top_p'],
  top_k: [`${MORE}.top_k`, `${MORE}.inferenceConfig.topK`, 'inferenceConfig.topK', 'top_k'],
  stop: ['inferenceConfig.stopSequences', 'textGenerationConfig.stopSequences', 'stop_sequences', 'stop'],
  reasoning_effort: [
    ...[`${MORE}.thinking`, `${MORE}.output_config.effort`, 'thinking', 'output_config.effort'],
    ...[`${MORE}.reasoningConfig`, 'inferenceConfig.reasoningConfig'],
    ...[`${MORE}.reasoning_effort`, `${MORE}.reasoning`],
  ],
  parallel_tool_calls: [`${MORE}.tool_choice.disable_parallel_tool_use`],
  metadata: ['requestMetadata'],
  thinking: [`${MORE}.thinking`, 'thinking'],
  output_config: [`${MORE}.output_config`, 'output_config'],
  ...nativeLocations([...CONVERSE_FIELDS, ...CONVERSE_OBJECTS, ...NATIVE_FIELDS]),
  ...nativeLocations(CLAUDE_FIELDS, `${MORE}.`),
  user: ['metadata.user_id'],
  safety_identifier: ['metadata.user_id'],
}

function isLeftToChoose(body: Readonly<Record<string, unknown>>): boolean {
  const { toolConfig, tool_choice: choice, [MORE]: more } = body
  const choices = [choice, object(more).tool_choice].filter((each) => each !== undefined)
  if (choices.length > 0) return choices.some((each) => object(each).type === 'auto')
  if (toolConfig === undefined) return false
  const { any, tool } = object(object(toolConfig).toolChoice)
  return any === undefined && tool === undefined
}

/** The form of the answer is in a field, an instruction or a tool. */
function formatPlace(request: ChatRequest, family: Family, invoke: boolean): readonly string[] | boolean {
  if (family === 'claude') return answerForm(request, modelFor(request.model)) !== undefined
  return !invoke || family.startsWith('nova') || ['response_format']
}
