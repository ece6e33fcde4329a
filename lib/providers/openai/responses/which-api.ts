import type { ChatRequest } from '../../../types/chat.ts'
import type { ApiError, Endpoint } from '../../../types/provider.ts'
import { isFunctionTool } from '../../content.ts'
import { rowsOf } from '../../model-table.ts'
import { fittedEffort, untuned } from '../models.ts'
import { RESPONSES_MODELS } from './model-rules.ts'

/** OpenAI's two APIs for answers of text. */
export type OpenAIApi = 'chat' | 'responses'

/** What decides between them, beside the request. */
export type ApiChoice = Pick<Endpoint, 'fields' | 'api'>

/**
 * The API that this request goes by: the config's word, else what was found out, else what is known of `model`, the one behind a
 * deployment.
 */
export function whichApi(request: ChatRequest, { fields, api }: ApiChoice, model = request.model): OpenAIApi {
  const { openai_api: configured } = fields
  if (configured !== undefined) return configured
  if (api === 'chat' || api === 'responses') return api
  return isServedByChat(request, model) ? 'chat' : 'responses'
}

function isServedByChat(request: ChatRequest, model: string): boolean {
  const only = rowsOf(RESPONSES_MODELS, untuned(model)).at(-1)?.only
  if (only === undefined) return true
  if (only === 'always') return false
  if (!request.tools?.some(isFunctionTool)) return true
  return fittedEffort(request, model) === 'none'
}

/** The API to ask in place of the one that refused this; undefined where it is not the API that is at fault. */
export function otherApi(
  failure: ApiError,
  request: ChatRequest,
  choice: ApiChoice,
  model = request.model,
): OpenAIApi | undefined {
  if (choice.fields.openai_api !== undefined) return undefined
  if (whichApi(request, choice, model) === 'chat') return CHAT_REFUSED.test(failure.message) ? 'responses' : undefined
  return hasNoResponses(failure) ? 'chat' : undefined
}

/** Whether a host, or a model, is found not to have the Responses API. A 404 may be about a thing that the request names, too. */
export function hasNoResponses({ status, code, param, message }: ApiError): boolean {
  const isOfThing = code === 'model_not_found' || param !== null || THING.test(message)
  const isUnknownPath = [404, 405, 501].includes(status) && !isOfThing
  return isUnknownPath || RESPONSES_REFUSED.test(message)
}

/** "Vector store with id 'vs_1' not found.", "No such File object: file-1". */
const THING = /\bwith id\b|\bno such [a-z]+ object\b/i

/**
 * In OpenAI's and in Azure's words, the latter without a hint. Sources: "This model is only supported in v1/responses and not
 * in v1/chat/completions." (OpenAI, 404), "This is not a chat model" (OpenAI, 404), vanna-ai/vanna#967 (Azure, 400).
 */
const CHAT_REFUSED = /\bv1\/responses\b|\bresponses api\b|not a chat model|chatCompletion operation does not work/i
const RESPONSES_REFUSED =
  /\bresponses operation does not work|not (?:be )?(?:supported|available|used|compatible) (?:in|by|with|for) (?:the )?(?:v1\/)?responses\b/i
