import { RequestError } from '../../errors.ts'
import type { FilePart, UserPart } from '../../types/chat.ts'
import { dataUrl } from '../content.ts'
import type { CacheControl, DocumentBlock, ImageBlock, ImageType, TextBlock } from './wire.ts'

const IMAGE_TYPES = new Map<string, ImageType>([
  ['image/jpeg', 'image/jpeg'],
  ['image/jpg', 'image/jpeg'],
  ['image/png', 'image/png'],
  ['image/gif', 'image/gif'],
  ['image/webp', 'image/webp'],
])

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
      return [{ ...file(part.file), ...cacheControl(part) }]
    case 'input_audio':
      throw unsupported('Anthropic takes no audio.')
    default:
      throw unsupported('Anthropic takes text, images and files.')
  }
}

/** `prompt_cache_breakpoint` in Anthropic's terms. */
export function cacheControl(part: { prompt_cache_breakpoint?: { ttl?: string } }): { cache_control?: CacheControl } {
  if (part.prompt_cache_breakpoint == null) return {}
  const { ttl } = part.prompt_cache_breakpoint
  return { cache_control: { type: 'ephemeral', ...(ttl === '5m' || ttl === '1h' ? { ttl } : {}) } }
}

function image(url: string): ImageBlock {
  const inline = dataUrl(url)
  if (inline !== undefined) return { type: 'image', source: inlineImage(inline) }
  if (!/^https:/i.test(url)) throw unsupported('An image URL must be of the form data:… or https://….')
  return { type: 'image', source: { type: 'url', url } }
}

function inlineImage({ mime, data }: { mime: string; data: string }): ImageBlock['source'] {
  const type = IMAGE_TYPES.get(mime)
  if (type === undefined) throw unsupported(`Anthropic takes jpeg, png, gif and webp images, not '${mime}'.`)
  return { type: 'base64', media_type: type, data }
}

function file({ file_data: content, filename }: FilePart['file']): ImageBlock | DocumentBlock {
  if (content === undefined) throw unsupported('Anthropic does not know files of OpenAI: send file_data.')
  const title = filename === undefined ? {} : { title: filename }
  const inline = dataUrl(content)
  if (inline === undefined) {
    if (!/^https:/i.test(content)) throw unsupported('file_data must be of the form data:… or https://….')
    return { type: 'document', source: { type: 'url', url: content }, ...title }
  }
  const { mime, data } = inline
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
