import { RequestError } from '../../errors.ts'
import type { AudioPart, FilePart, ImagePart, UserPart } from '../../types/chat.ts'
import { dataUrl } from '../content.ts'
import { mediaType, typeOfName } from '../media-type.ts'
import { numberedNames } from '../numbered-names.ts'

/** Location of a block's bytes; `bytes` is base64. */
type Source = { bytes: string } | { s3Location: { uri: string } }

/** Caches all that stands before it. */
export interface CachePoint {
  cachePoint: { type: 'default'; ttl?: '5m' | '1h' }
}

/** Signed or encrypted thinking, given back unchanged. */
export interface ReasoningBlock {
  reasoningContent: { reasoningText: { text: string; signature: string } } | { redactedContent: string }
}

/** A block that a user's message and a tool's result may both have. */
export type MediaBlock =
  | { text: string }
  | { image: { format: string; source: Source } }
  | { document: { format: string; name: string; source: Source; citations?: { enabled: true } } }

/** A ContentBlock of Converse: exactly one key says what it is. */
export type Block =
  | MediaBlock
  | { audio: { format: string; source: Source } }
  | { toolUse: { toolUseId: string; name: string; input: Record<string, unknown> } }
  | { toolResult: { toolUseId: string; content: MediaBlock[] } }
  | CachePoint
  | ReasoningBlock

const IMAGES = new Map([
  ['image/png', 'png'],
  ['image/jpeg', 'jpeg'],
  ['image/gif', 'gif'],
  ['image/webp', 'webp'],
])

const DOCUMENTS = new Map([
  ['application/pdf', 'pdf'],
  ['text/csv', 'csv'],
  ['application/msword', 'doc'],
  ['application/vnd.openxmlformats-officedocument.wordprocessingml.document', 'docx'],
  ['application/vnd.ms-excel', 'xls'],
  ['application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', 'xlsx'],
  ['text/html', 'html'],
  ['text/plain', 'txt'],
  ['text/markdown', 'md'],
])

/** Sources of programs and the like are plain text, too. */
const TEXT = /^text\/|^application\/json$/

/** Translates the parts of user messages; one for each request, since its documents must differ in name. */
export function partTranslator(): (part: UserPart) => Block[] {
  const nameFor = documentNames()
  return (part) => {
    switch (part.type) {
      case 'text':
        return textBlocks(part.text)
      case 'image_url':
        return [image(part)]
      case 'input_audio':
        return [audio(part)]
      case 'file':
        return [document(part, nameFor)]
      default:
        throw refused('Bedrock takes text, images, audio and documents.')
    }
  }
}

/** A text block; none for blank text, which Converse refuses. */
export function textBlocks(text: string): { text: string }[] {
  return text.trim() === '' ? [] : [{ text }]
}

function image({ image_url: { url } }: ImagePart): Block {
  if (url.startsWith('s3://')) return { image: { format: s3Format(url), source: { s3Location: { uri: url } } } }
  const data = dataUrl(url)
  const format = data && IMAGES.get(mediaType({ data: data.data, given: data.mime }) ?? '')
  if (!format) throw refused('Bedrock takes images as data URLs of PNG, JPEG, GIF or WebP, or from s3://.')
  return { image: { format, source: { bytes: data.data } } }
}

function s3Format(url: string): string {
  const extension = extensionOf(url)
  return extension === 'jpg' ? 'jpeg' : extension
}

function audio({ input_audio: { data, format } }: AudioPart): Block {
  return { audio: { format, source: { bytes: data } } }
}

function document({ file, citations }: FilePart, nameFor: (filename: string | undefined) => string): Block {
  const data = file.file_data === undefined ? undefined : dataUrl(file.file_data)
  if (data === undefined) throw refused('Bedrock takes files as data URLs in file_data.')
  const type = mediaType({ data: data.data, given: data.mime, name: file.filename })
  const known = DOCUMENTS.get(type ?? '') ?? DOCUMENTS.get(typeOfName(file.filename ?? '') ?? '')
  const format = known ?? (TEXT.test(type ?? '') ? 'txt' : undefined)
  if (format === undefined) throw refused(`Bedrock does not take files of the type '${data.mime}'.`)
  const cited = citations?.enabled === true ? { citations: { enabled: true as const } } : {}
  return { document: { format, name: nameFor(file.filename), source: { bytes: data.data }, ...cited } }
}

/** Letters, digits, single spaces, hyphens, parentheses and square brackets; a name that was there before gets a number. */
function documentNames(): (filename: string | undefined) => string {
  const taken = new Set<string>()
  const freeName = numberedNames(
    (name) => taken.has(name),
    (base, number) => `${base} (${number})`,
  )
  return (filename = '') => {
    const plain = filename
      .replace(/\.\w+$/, '')
      .replace(/[^A-Za-z0-9()[\]-]+/g, ' ')
      .trim()
    const name = freeName(plain.slice(0, 190) || 'document')
    taken.add(name)
    return name
  }
}

function extensionOf(path: string): string {
  return /\.(\w+)$/.exec(path)?.[1]?.toLowerCase() ?? ''
}

function refused(message: string): RequestError {
  return new RequestError(message, { param: 'messages', code: 'unsupported_value' })
}
