import type { ChatRequest, Tool } from '../../types/chat.ts'
import { isFunctionTool } from '../content.ts'
import { object, text } from '../json.ts'
import type { NativeToolParam, WebSearchTool } from './wire.ts'

export const WEB_SEARCH = 'web_search'

/** Tools that Anthropic itself runs, by the beginnings of their types. */
const SERVER_TOOLS = 'web_search|web_fetch|code_execution|advisor'
/** Tools that it defines, and the client runs. */
const CLIENT_TOOLS = 'bash|text_editor|computer|memory|tool_search_tool_regex|tool_search_tool_bm25'

/** Source: @anthropic-ai/sdk `ToolUnion`: `web_search_20250305`, `bash_20250124`. */
const DATED = new RegExp(`^(${SERVER_TOOLS}|${CLIENT_TOOLS})_\\d{8}$`)
const RUN_BY_SERVER = new RegExp(`^(${SERVER_TOOLS})_\\d{8}$|^mcp_toolset$`)

/** OpenAI's names of a search. */
const SEARCHES = /^web_search(_preview(_\d{4}_\d{2}_\d{2})?)?$/

/** One of Anthropic's own tools as it is, and a search by OpenAI's names; undefined for all others. */
export function nativeTool(tool: Tool): WebSearchTool | NativeToolParam | undefined {
  if (SEARCHES.test(tool.type)) return webSearch({ user_location: { approximate: object(tool).user_location } })[0]
  if (!DATED.test(tool.type) && tool.type !== 'mcp_toolset') return undefined
  return tool as unknown as NativeToolParam
}

/** Whether it is Anthropic's own servers that run a tool, which other hosts of its models have not. */
export function isRunByAnthropic({ type }: Tool): boolean {
  return RUN_BY_SERVER.test(type) || SEARCHES.test(type)
}

/** Run by every host of its models, unlike its other tools. */
const TOOL_SEARCH = /^tool_search_tool_/

/** Whether the model may pause within its turn: only for tools that its host runs itself. */
export function mayPause({ tools = [], web_search_options: search, mcp_servers: servers }: ChatRequest): boolean {
  return (
    search != null || servers != null || tools.some((tool) => isRunByAnthropic(tool) || TOOL_SEARCH.test(tool.type))
  )
}

/** Names that are not free for functions: of the tools of Anthropic's own in this request. */
export function nativeToolNames({ tools = [], web_search_options: search }: ChatRequest): string[] {
  const names = tools.flatMap((tool) => (isFunctionTool(tool) ? [] : [text(nativeTool(tool)?.name)]))
  return [...names.filter((name) => name !== ''), ...(search == null ? [] : [WEB_SEARCH])]
}

export function webSearch(options: unknown): WebSearchTool[] {
  if (options == null) return []
  const { city, country, region, timezone } = object(object(object(options).user_location).approximate)
  const place = Object.entries({ city, country, region, timezone }).filter(([, value]) => text(value) !== '')
  return [
    {
      type: 'web_search_20250305',
      name: WEB_SEARCH,
      ...(place.length > 0 && { user_location: { type: 'approximate', ...Object.fromEntries(place) } }),
    },
  ]
}
