import type { Annotation } from '../../types/chunk.ts'
import { documentCitation } from '../document-citations.ts'
import { count, type Json, object, text } from '../json.ts'

interface TextRange {
  start_index: number
  end_index: number
}

/** A citation of Converse's for the text in this range of the answer. Source: API reference of CitationLocation. */
export function converseCitation({ title, source, location }: Json, range: TextRange): Annotation[] {
  const { web, documentPage, documentChar, documentChunk, searchResultLocation } = object(location)
  const { url, domain } = object(web)
  if (typeof url === 'string') {
    const url_citation = { ...range, url, title: text(title) || text(domain) || url }
    return [{ type: 'url_citation', url_citation }]
  }
  const [unit, found] =
    documentPage !== undefined
      ? (['page', documentPage] as const)
      : documentChar !== undefined
        ? (['char', documentChar] as const)
        : (['part', documentChunk ?? searchResultLocation] as const)
  if (found === undefined) return []
  const { documentIndex, searchResultIndex, start, end } = object(found)
  const place = { title: text(title), document: count(documentIndex) ?? count(searchResultIndex), source: text(source) }
  return [documentCitation({ ...place, unit, from: count(start), to: count(end) }, range)]
}
