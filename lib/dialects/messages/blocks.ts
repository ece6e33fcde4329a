import type { FilePart, ImagePart, TextPart } from '../../types/chat.ts'
import type { CacheControl, DocumentBlock, ImageSource, ResultBlock } from './wire.ts'

/** The part of a chat message that a block becomes. */
export type Part = TextPart | ImagePart | FilePart

/** A block that a user or a tool's result may hold, as parts; none for an unknown one. */
export function partsOf(block: ResultBlock): Part[] {
  switch (block.type) {
    case 'text':
      return [text(block.text, block)]
    case 'image':
      return [{ ...image(block.source), ...mark(block) }]
    case 'document':
      return documentParts(block)
    case 'search_result':
      return [text([block.title, block.source, ...block.content.map((each) => each.text)].join('\n'), block)]
    case 'tool_reference':
      return [text(`The tool ${block.tool_name} is available.`)]
    default:
      return []
  }
}

/** The parts; a mere text as a string, which every host takes. */
export function contentOf<P extends Part>(parts: P[]): P[] | string {
  const [only, ...others] = parts
  const isMere = others.length === 0 && only?.type === 'text' && only.cache_control === undefined
  return isMere ? only.text : parts
}

/** The end of what is to be cached, in the client's words. */
export function mark({ cache_control: marked }: { cache_control?: CacheControl | null }): {
  cache_control?: CacheControl
} {
  return marked == null ? {} : { cache_control: marked }
}

export function text(words: string, block: { cache_control?: CacheControl | null } = {}): TextPart {
  return { type: 'text', text: words, ...mark(block) }
}

/** Files of Anthropic's own stay named, so that a target that has them not says so. */
function image(source: ImageSource): ImagePart | FilePart {
  return source.type === 'file'
    ? { type: 'file', file: { file_id: source.file_id } }
    : { type: 'image_url', image_url: { url: urlOf(source) } }
}

function documentParts(block: DocumentBlock): Part[] {
  const { source, title, context, citations } = block
  const heading = [title, context].filter((each) => each != null && each !== '').join('\n')
  if (source.type === 'text') return [text(heading === '' ? source.data : `${heading}\n\n${source.data}`, block)]
  if (source.type === 'content') {
    const parts = typeof source.content === 'string' ? [text(source.content)] : source.content.flatMap(partsOf)
    const all = heading === '' ? parts : [text(heading), ...parts]
    return all.map((part, index) => (index === all.length - 1 ? { ...part, ...mark(block) } : part))
  }
  const file = source.type === 'file' ? { file_id: source.file_id } : { file_data: urlOf(source) }
  return [
    ...(context ? [text(context)] : []),
    {
      type: 'file',
      file: { ...file, ...(title && { filename: title }) },
      ...(citations?.enabled && { citations: { enabled: true } }),
      ...mark(block),
    },
  ]
}

function urlOf(source: Exclude<ImageSource, { type: 'file' }>): string {
  return source.type === 'url' ? source.url : `data:${source.media_type};base64,${source.data}`
}
