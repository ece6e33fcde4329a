import type { ChatRequest } from '../../types/chat.ts'
import type { ParamLocations } from '../dropped.ts'
import { nativeLocations } from '../native-fields.ts'
import { answerForm } from './answer.ts'
import { modelFor } from './models.ts'
import { NATIVE_FIELDS } from './request.ts'
import { isForced, toolChoiceOf } from './tool-choice.ts'
import type { MessagesBody } from './wire.ts'

/** Locations of the request's parameters in the body that was made of it. */
export function anthropicParamLocations(request: ChatRequest, body: MessagesBody): ParamLocations {
  return {
    max_tokens: ['max_tokens'],
    max_completion_tokens: ['max_tokens'],
    temperature: ['temperature'],
    top_p: ['top_p'],
    top_k: ['top_k'],
    stop: ['stop_sequences'],
    reasoning_effort: ['thinking', 'output_config.effort'],
    // A model that cannot be made to call a tool is left to choose.
    tool_choice: !isForced(toolChoiceOf(request).mode) || body.tool_choice?.type !== 'auto',
    parallel_tool_calls: ['tool_choice.disable_parallel_tool_use'],
    response_format: answerForm(request, modelFor(request.model)) !== undefined,
    web_search_options: body.tools?.some(({ name }) => name === 'web_search') === true,
    user: ['metadata.user_id'],
    safety_identifier: ['metadata.user_id'],
    service_tier: ['service_tier'],
    thinking: body.thinking === request.thinking,
    output_config: ['output_config'],
    ...nativeLocations(NATIVE_FIELDS),
    // Top level, and on parts and tools.
    cache_control: true,
  }
}
