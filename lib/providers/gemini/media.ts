import { RequestError } from '../../errors.ts'
import type { UserPart } from '../../types/chat.ts'
import { dataUrl } from '../content.ts'
import type { Part, Platform } from './wire.ts'

/** A part of a user's message that is not text. Throws RequestError for what the platform cannot take. */
export function mediaPart(part: UserPart, platform: Platform): Part {
  switch (part.type) {
    case 'image_url':
      return urlPart(part.image_url.url, platform, 'image/jpeg')
    case 'input_audio':
      return { inlineData: { mimeType: `audio/${part.input_audio.format}`, data: part.input_audio.data } }
    case 'file':
      if (part.file.file_data) return urlPart(part.file.file_data, platform, 'application/pdf')
      throw new RequestError('Gemini needs a file as file_data: a file_id is known to its own provider only.', MESSAGES)
    default:
      throw new RequestError(`Gemini takes no content of type '${part.type}'.`, MESSAGES)
  }
}

const MESSAGES = { param: 'messages', code: 'unsupported_value' }

function urlPart(url: string, platform: Platform, mimeType: string): Part {
  const inline = dataUrl(url)
  if (inline !== undefined) return { inlineData: { mimeType: inline.mime || mimeType, data: inline.data } }
  if (platform === 'vertex' && /^(?:https?|gs):\/\//i.test(url)) {
    return { fileData: { mimeType: mimeTypeOf(url) ?? mimeType, fileUri: url } }
  }
  if (platform === 'studio' && isStudioFile(url)) return { fileData: { fileUri: url } }
  throw new RequestError('Gemini cannot fetch this URL: send the content itself, as a data URL.', MESSAGES)
}

/** Whether the Gemini API fetches the URL itself; of others AI Studio takes the content only. */
export function isStudioFile(url: string): boolean {
  return STUDIO_FILES.test(url)
}

/** Its own Files API and YouTube. Source: @ai-sdk/google `google-supported-file-url`. */
const STUDIO_FILES =
  /^https:\/\/(?:generativelanguage\.googleapis\.com\/v1beta\/files\/|(?:www\.)?youtube\.com\/watch\?v=|youtu\.be\/)/

function mimeTypeOf(url: string): string | undefined {
  if (/^https:\/\/(?:(?:www\.)?youtube\.com|youtu\.be)\//i.test(url)) return 'video/mp4'
  const [path = ''] = url.split(/[?#]/, 1)
  return MIME_TYPES.get(path.slice(path.lastIndexOf('.') + 1).toLowerCase())
}

const MIME_TYPES = new Map<string, string>([
  ['png', 'image/png'],
  ['jpg', 'image/jpeg'],
  ['jpeg', 'image/jpeg'],
  ['webp', 'image/webp'],
  ['gif', 'image/gif'],
  ['heic', 'image/heic'],
  ['heif', 'image/heif'],
  ['pdf', 'application/pdf'],
  ['txt', 'text/plain'],
  ['mp3', 'audio/mp3'],
  ['wav', 'audio/wav'],
  ['mp4', 'video/mp4'],
])
