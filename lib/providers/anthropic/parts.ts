import { RequestError } from '../../errors.ts'
import type { FilePart, UserPart } from '../../types/chat.ts'
import { dataUrl } from '../content.ts'
import { mediaType } from '../media-type.ts'
import { cacheControl } from './cache-control.ts'
import type { CacheControl, DocumentBlock, ImageBlock, ImageType, TextBlock } from './wire.ts'

const IMAGE_TYPES: readonly ImageType[] = ['image/jpeg', 'image/png', 'image/gif', 'image/webp']

/** A text block; none for blank text, which the API refuses. */
export function textBlock(text: string, cache?: { cache_control?: CacheControl }): TextBlock[] {
  return text.trim() === '' ? [] : [{ type: 'text', text, ...cache }]
}

/** One part of a user's message or of a tool's result. Throws RequestError for what has no native form. */
export function partBlock(part: UserPart): (TextBlock | ImageBlock | DocumentBlock)[] {
  switch (part.type) {
    case 'text':
      return textBlock(part.text, cacheControl(part))
    case 'image_url':
      return [{ ...image(part.image_url.url), ...cacheControl(part) }]
    case 'file':
      return [{ ...cited(file(part.file), part), ...cacheControl(part) }]
    case 'input_audio':
      throw unsupported('Anthropic takes no audio.')
    default:
      throw unsupported('Anthropic takes text, images and files.')
  }
}

function image(url: string): ImageBlock {
  const inline = dataUrl(url)
  if (inline !== undefined) return { type: 'image', source: inlineImage(inline) }
  if (!/^https:/i.test(url)) throw unsupported('An image URL must be of the form data:… or https://….')
  return { type: 'image', source: { type: 'url', url } }
}

function inlineImage({ mime, data }: { mime: string; data: string }): ImageBlock['source'] {
  const found = mediaType({ data, given: mime })
  const media_type = IMAGE_TYPES.find((type) => type === found)
  if (media_type === undefined)
    throw unsupported(`Anthropic takes jpeg, png, gif and webp images, not '${found ?? mime}'.`)
  return { type: 'base64', media_type, data }
}

function cited<B extends ImageBlock | DocumentBlock>(block: B, { citations }: FilePart): B {
  return citations?.enabled === true && block.type === 'document' ? { ...block, citations: { enabled: true } } : block
}

function file({ file_data: content, filename }: FilePart['file']): ImageBlock | DocumentBlock {
  if (content === undefined) throw unsupported('Anthropic does not know files of OpenAI: send file_data.')
  const title = filename === undefined ? {} : { title: filename }
  const inline = dataUrl(content)
  if (inline === undefined) {
    if (!/^https:/i.test(content)) throw unsupported('file_data must be of the form data:… or https://….')
    return { type: 'document', source: { type: 'url', url: content }, ...title }
  }
  const { data } = inline
  const mime = mediaType({ data, given: inline.mime, name: filename }) ?? inline.mime
  if (mime.startsWith('image/')) return { type: 'image', source: inlineImage(inline) }
  if (mime === 'application/pdf') {
    return { type: 'document', source: { type: 'base64', media_type: mime, data }, ...title }
  }
  if (mime.startsWith('text/') || mime === 'application/json') {
    const plain = Buffer.from(data, 'base64').toString()
    return { type: 'document', source: { type: 'text', media_type: 'text/plain', data: plain }, ...title }
  }
  throw unsupported(`Anthropic takes PDF and text files, not '${mime}'.`)
}

function unsupported(message: string): RequestError {
  return new RequestError(message, { param: 'messages', code: 'unsupported_value' })
}
