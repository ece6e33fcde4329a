import type { ChatRequest } from '../../types/chat.ts'
import type { ParamLocations } from '../dropped.ts'
import { isObject, object } from '../json.ts'
import { NATIVE_LOCATIONS } from './native-fields.ts'
import { formatInWords, jsonFunction } from './tools.ts'
import type { GeminiBody } from './wire.ts'

/** Locations of the request's parameters in the body that was made of it. `tierInHeader`: Vertex takes it there. */
export function geminiParamLocations(request: ChatRequest, body: GeminiBody, tierInHeader: boolean): ParamLocations {
  const { responseMimeType } = body.generationConfig
  return {
    n: ['generationConfig.candidateCount'],
    max_tokens: ['generationConfig.maxOutputTokens'],
    max_completion_tokens: ['generationConfig.maxOutputTokens'],
    temperature: ['generationConfig.temperature'],
    top_p: ['generationConfig.topP'],
    top_k: ['generationConfig.topK'],
    stop: ['generationConfig.stopSequences'],
    seed: ['generationConfig.seed'],
    presence_penalty: ['generationConfig.presencePenalty'],
    frequency_penalty: ['generationConfig.frequencyPenalty'],
    logprobs: ['generationConfig.responseLogprobs'],
    top_logprobs: ['generationConfig.logprobs'],
    modalities: ['generationConfig.responseModalities'],
    reasoning_effort: ['generationConfig.thinkingConfig'],
    response_format:
      responseMimeType !== undefined || jsonFunction(request) !== undefined || formatInWords(request) !== undefined,
    web_search_options: body.tools?.some((tool) => 'googleSearch' in tool) === true,
    service_tier: tierInHeader || body.serviceTier !== undefined,
    metadata: ['labels'],
    store: ['store'],
    ...NATIVE_LOCATIONS,
    // Google's own OpenAI endpoint has its fields there.
    extra_body: isObject(object(request.extra_body).google),
  }
}
