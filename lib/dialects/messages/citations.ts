import type { Annotation } from '../../types/chunk.ts'

/** A citation in Anthropic's words. Source: @anthropic-ai/sdk `CitationsDelta`. */
export type Citation = Readonly<Record<string, string | number | null>>

/** The form in which a place in a document is told in an annotation: `document:0#page=2,3`. */
const PLACE = /^document:(\d*)#(page|char|part)=(\d+)(?:,(\d+))?$/

/** An annotation as a citation of the text block that it stands in. The words that were cited are not known. */
export function citationOf({ url_citation: { url, title } }: Annotation): Citation {
  const [, document, unit, first, last] = PLACE.exec(url) ?? []
  const from = Number(first)
  const place = { cited_text: '', document_index: Number(document ?? 0), document_title: title, file_id: null }
  switch (unit) {
    case 'page':
      // The end is the page behind the last.
      return { type: 'page_location', ...place, start_page_number: from, end_page_number: Number(last ?? first) + 1 }
    case 'char':
      return { type: 'char_location', ...place, start_char_index: from, end_char_index: Number(last ?? first) }
    case 'part':
      return { type: 'content_block_location', ...place, start_block_index: from, end_block_index: from + 1 }
    default:
      return { type: 'web_search_result_location', cited_text: '', encrypted_index: '', title, url }
  }
}

/** Whether a client sends back one of those. Anthropic's own have the words, or are sealed, and it takes no others. */
export function isOurCitation(citation: unknown): boolean {
  const { cited_text: words, encrypted_index: seal } = Object(citation)
  return words === '' && !seal
}
