import type { Annotation } from '../types/chunk.ts'
import { count, type Json, text } from './json.ts'

interface Range {
  start_index: number
  end_index: number
}

/** The place of a citation in a document, from one number to the next but one; the unit says what is counted. */
export interface CitedPlace {
  title: string
  /** The number of the document among those of the request; undefined if it is not known. */
  document: number | undefined
  /** An address that the document came with. */
  source: string
  unit: 'page' | 'char' | 'part'
  from: number | undefined
  to: number | undefined
}

/**
 * A citation of a document as OpenAI's only kind of annotation. Documents have no URL: `document:0#page=3` names the first one's
 * third page. Sources of the fragments: RFC 8118 (pages), RFC 5147 (characters).
 */
export function documentCitation({ title, document, source, unit, from, to }: CitedPlace, range: Range): Annotation {
  const place = from === undefined ? '' : `#${unit}=${to === undefined || to <= from ? from : `${from},${to}`}`
  const url = /^https?:\/\//i.test(source) ? source : `document:${document ?? ''}`
  return { type: 'url_citation', url_citation: { ...range, url: `${url}${place}`, title: title || url } }
}

/** Anthropic's citations, in and out of Bedrock. Source: @anthropic-ai/sdk `CitationsDelta`. */
export function anthropicCitation(citation: Json, range: Range): Annotation[] {
  const title = text(citation.document_title) || text(citation.title)
  const place = { title, document: count(citation.document_index), source: text(citation.source) }
  const number = (name: string) => count(citation[name])
  switch (citation.type) {
    case 'web_search_result_location': {
      const url = text(citation.url)
      return url === '' ? [] : [{ type: 'url_citation', url_citation: { ...range, url, title: text(citation.title) } }]
    }
    case 'page_location': {
      // Its end is the page after the last.
      const end = number('end_page_number')
      const to = end === undefined ? undefined : end - 1
      return [documentCitation({ ...place, unit: 'page', from: number('start_page_number'), to }, range)]
    }
    case 'char_location':
      return [
        documentCitation(
          { ...place, unit: 'char', from: number('start_char_index'), to: number('end_char_index') },
          range,
        ),
      ]
    case 'content_block_location':
    case 'search_result_location':
      return [documentCitation({ ...place, unit: 'part', from: number('start_block_index'), to: undefined }, range)]
    default:
      return []
  }
}
