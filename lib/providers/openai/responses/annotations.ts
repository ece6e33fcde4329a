import type { Annotation } from '../../../types/chunk.ts'
import { count, type Json, text } from '../../json.ts'

/** The citation of a web page, whose place is counted from `start`; nothing for files, which a chat has no citations of. */
export function annotations(annotation: Json, start: number): Annotation[] {
  const url = text(annotation.url)
  if (annotation.type !== 'url_citation' || url === '') return []
  return [
    {
      type: 'url_citation',
      url_citation: {
        start_index: start + (count(annotation.start_index) ?? 0),
        end_index: start + (count(annotation.end_index) ?? 0),
        url,
        title: text(annotation.title),
      },
    },
  ]
}
