import type { ChatRequest, NativeTool, Tool } from '../../types/chat.ts'
import { isFunctionTool, noSuchTool } from '../content.ts'
import { object } from '../json.ts'
import type { GeminiTool } from './wire.ts'

/** Gemini's own tools, by the types that clients give them. Source: ai.google.dev/api/caching#Tool. */
const TOOLS = new Map<string, string>([
  ['googleSearch', 'googleSearch'],
  ['google_search', 'googleSearch'],
  ['web_search', 'googleSearch'],
  ['web_search_preview', 'googleSearch'],
  ['googleSearchRetrieval', 'googleSearchRetrieval'],
  ['google_search_retrieval', 'googleSearchRetrieval'],
  ['enterpriseWebSearch', 'enterpriseWebSearch'],
  ['enterprise_web_search', 'enterpriseWebSearch'],
  ['codeExecution', 'codeExecution'],
  ['code_execution', 'codeExecution'],
  ['urlContext', 'urlContext'],
  ['url_context', 'urlContext'],
  ['googleMaps', 'googleMaps'],
  ['google_maps', 'googleMaps'],
  ['fileSearch', 'fileSearch'],
  ['file_search', 'fileSearch'],
  ['computerUse', 'computerUse'],
  ['computer_use', 'computerUse'],
])

/** OpenAI's searches have options of their own. */
const OPENAI = /^web_search/

/** Those of the request's tools that are Gemini's own. Throws RequestError for tools of others. */
export function nativeTools({ tools = [] }: ChatRequest): GeminiTool[] {
  return tools.filter(isNative).map((tool) => {
    const name = TOOLS.get(tool.type)
    if (name === undefined) throw noSuchTool('Gemini', tool)
    const { type, ...options } = object(tool)
    return { [name]: OPENAI.test(String(type)) ? {} : options }
  })
}

function isNative(tool: Tool): tool is NativeTool {
  return !isFunctionTool(tool)
}
