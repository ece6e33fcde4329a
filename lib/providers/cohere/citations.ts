import type { Annotation } from '../../types/chunk.ts'
import type { ChunkInit } from '../../types/provider.ts'
import { count, type Json, text } from '../json.ts'

/**
 * One citation, with the documents that it cites. OpenAI knows citations of URLs in the text only; as it is, it goes out
 * as a field of the vendor's own.
 */
export function cited(citation: Json, documents: readonly Json[]): ChunkInit {
  const annotations = OTHER_TEXT.has(citation.type) ? [] : documents.flatMap((each) => annotation(citation, each))
  return {
    ...(annotations.length === 0 ? {} : { annotations }),
    vendor: { delta: { citations: [citation] } },
  }
}

/** Positions in these are not positions in the content. */
const OTHER_TEXT = new Set<unknown>(['PLAN', 'THINKING_CONTENT'])

function annotation(citation: Json, document: Json): Annotation[] {
  const url = text(document.url)
  if (url === '') return []
  const place = { start_index: count(citation.start) ?? 0, end_index: count(citation.end) ?? 0 }
  return [{ type: 'url_citation', url_citation: { ...place, url, title: text(document.title) } }]
}
