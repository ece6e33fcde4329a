import type { ChatRequest } from '../../types/chat.ts'
import { without } from './fields.ts'

/*
 * Parameters that OpenAI's models refuse. Names decide where the family's name does; a name that is not listed here is sent
 * everything. Source: openai.com's reasoning guide as tabled in @ai-sdk/openai.
 */

const REASONING = /^(o\d+|gpt-([5-9]|\d\d)(\.\d+)?)(-|$)|^codex-mini-latest$|^computer-use-preview/
const CHAT = /^gpt-\d+-chat/
const SEARCH = /-search-preview/

/** Those that take temperature and top_p while `reasoning_effort` is `none`. */
const SAMPLES_UNREASONED = /^gpt-5\.\d+|^gpt-6-(luna|sol)(-\d|$)|^gpt-6\.1-terra(-\d|$)/

/** Those that take function tools in Chat Completions only without reasoning. */
const TOOLS_UNREASONED = /^gpt-5\.([6-9]|\d\d)/

const NO_STOP = /^(o3(?!-mini)|o4-mini)/
const NO_CACHE_RETENTION = /^gpt-([6-9]|\d\d)/

const SAMPLING = ['temperature', 'top_p']
const NEVER_REASONED = ['presence_penalty', 'frequency_penalty', 'logit_bias', 'logprobs', 'top_logprobs']

/** The request with what `model` refuses left out, and its limit under the name that `model` knows. */
export function fitModel(request: ChatRequest, model: string): ChatRequest {
  const limit = request.max_completion_tokens ?? request.max_tokens
  const isReasoning = REASONING.test(model) && !CHAT.test(model)
  const renamed = isReasoning || request.max_completion_tokens != null
  const effort = unreasoned(request, model) ? 'none' : request.reasoning_effort

  const refused: string[] = []
  if (renamed) refused.push('max_tokens')
  if (isReasoning) refused.push(...NEVER_REASONED)
  if (isReasoning && !(effort === 'none' && SAMPLES_UNREASONED.test(model))) refused.push(...SAMPLING)
  if (SEARCH.test(model)) refused.push('temperature')
  if (NO_STOP.test(model)) refused.push('stop')
  if (NO_CACHE_RETENTION.test(model)) refused.push('prompt_cache_retention')

  return {
    ...(without(request, refused) as ChatRequest),
    ...(renamed && limit != null && { max_completion_tokens: limit }),
    ...(effort !== request.reasoning_effort && effort != null && { reasoning_effort: effort }),
  }
}

/** Whether the model would refuse the request's tools together with reasoning. */
function unreasoned(request: ChatRequest, model: string): boolean {
  return TOOLS_UNREASONED.test(model) && request.tools?.some((tool) => tool.type === 'function') === true
}
