import type { ApiError } from '../../types/provider.ts'

/** What parameters of chat are called in this API. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ['messages', 'input'],
  ['max_completion_tokens', 'max_output_tokens'],
  ['max_tokens', 'max_output_tokens'],
  ['response_format', 'text.format'],
  ['reasoning_effort', 'reasoning.effort'],
  ['verbosity', 'text.verbosity'],
  ['web_search_options', 'tools.web_search'],
])

/** Where a path leads into messages or functions of chat, which have other places here. */
const INTO_CHAT = /^tools\[\d+\]\.function\b/

/**
 * The client's own word for a parameter that a provider, or a translation for it, names in chat's words. Any other is as it is.
 *
 * @example ownParam('messages[3].content') // 'input'
 */
export function ownParam(param: string): string {
  if (INTO_CHAT.test(param)) return 'tools'
  return NAMES.get(/^\w+/.exec(param)?.[0] ?? '') ?? param
}

export function withOwnParam(error: ApiError): ApiError {
  return error.param === null ? error : { ...error, param: ownParam(error.param) }
}
