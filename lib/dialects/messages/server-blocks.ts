import type { TextPart } from '../../types/chat.ts'
import { text } from './blocks.ts'

type Json = Readonly<Record<string, unknown>>

/** Blocks that say nothing to another model. */
const SILENT: ReadonlySet<string> = new Set(['fallback', 'redacted_thinking'])

/**
 * A block of what Anthropic's own servers did in a turn, as text for a model that has no such servers; undefined if it is lost.
 */
export function serverBlockText(block: { type: string }): TextPart[] | undefined {
  if (SILENT.has(block.type)) return []
  const { content } = block as Json
  switch (block.type) {
    case 'web_search_tool_result':
      return Array.isArray(content) ? content.flatMap(foundPage) : []
    case 'web_fetch_tool_result':
      return fetchedPage(object(content))
    case 'compaction':
      return typeof content === 'string' ? [text(content)] : []
    default:
      return undefined
  }
}

function foundPage(result: unknown): TextPart[] {
  const { url, title } = object(result)
  return typeof url === 'string' ? [text(`Found: ${typeof title === 'string' ? title : ''} ${url}`)] : []
}

function fetchedPage({ url, content }: Json): TextPart[] {
  const { data } = object(object(content).source)
  return typeof url === 'string' && typeof data === 'string' ? [text(`From ${url}:\n${data}`)] : []
}

function object(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {}
}
