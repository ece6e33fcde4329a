import { RequestError } from '../../errors.ts'
import type { FilePart, ImagePart, UserPart } from '../../types/chat.ts'
import { dataUrl } from '../content.ts'
import { object, text } from '../json.ts'
import { mediaType, typeOfName } from '../media-type.ts'
import type { MediaPart, Platform } from './wire.ts'

/** A part of a user's message that is not text. Throws RequestError for what the platform cannot take. */
export function mediaPart(part: UserPart, platform: Platform): MediaPart {
  switch (part.type) {
    case 'image_url':
      return urlPart(part.image_url.url, part, platform)
    case 'input_audio':
      return { inlineData: { mimeType: `audio/${part.input_audio.format}`, data: part.input_audio.data } }
    case 'file':
      if (part.file.file_data) return urlPart(part.file.file_data, part, platform)
      throw new RequestError('Gemini needs a file as file_data: a file_id is known to its own provider only.', MESSAGES)
    default:
      throw new RequestError(`Gemini takes no content of type '${part.type}'.`, MESSAGES)
  }
}

const MESSAGES = { param: 'messages', code: 'unsupported_value' }

function urlPart(url: string, part: ImagePart | FilePart, platform: Platform): MediaPart {
  const inline = dataUrl(url)
  if (inline !== undefined) {
    const { data, mime } = inline
    return {
      inlineData: { mimeType: known(mediaType({ data, given: mime || formatOf(part), name: nameOf(part) })), data },
    }
  }
  if (platform === 'vertex' && /^(?:https?|gs):\/\//i.test(url)) {
    return { fileData: { mimeType: known(typeOfUrl(url, part)), fileUri: url } }
  }
  if (platform === 'studio' && isStudioFile(url)) return { fileData: { fileUri: url } }
  throw new RequestError('Gemini cannot fetch this URL: send the content itself, as a data URL.', MESSAGES)
}

function known(type: string | undefined): string {
  if (type !== undefined) return type
  throw new RequestError('The media type of a file is not known: give it a filename with an ending.', MESSAGES)
}

/** Whether the Gemini API fetches the URL itself; of others AI Studio takes the content only. */
export function isStudioFile(url: string): boolean {
  return STUDIO_FILES.test(url)
}

/** Its own Files API and YouTube. Source: @ai-sdk/google `google-supported-file-url`. */
const STUDIO_FILES =
  /^https:\/\/(?:generativelanguage\.googleapis\.com\/v1beta\/files\/|(?:www\.)?youtube\.com\/watch\?v=|youtu\.be\/)/

/** The media type of what a URL leads to, which Vertex AI wants to hear; undefined if only the content itself could show it. */
export function typeOfUrl(url: string, part: UserPart): string | undefined {
  if (/^https:\/\/(?:(?:www\.)?youtube\.com|youtu\.be)\//i.test(url)) return 'video/mp4'
  return formatOf(part) ?? typeOfName(url) ?? typeOfName(nameOf(part) ?? '')
}

/** A type that the client gives, as LiteLLM has it: `image_url.format`, `file.format`. */
function formatOf(part: UserPart): string | undefined {
  const format = text(object(part.type === 'image_url' ? part.image_url : part.type === 'file' ? part.file : {}).format)
  return format.includes('/') ? format : undefined
}

function nameOf(part: UserPart): string | undefined {
  return part.type === 'file' ? part.file.filename : undefined
}
