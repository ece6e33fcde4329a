import type { ChatRequest, Message, UserPart } from '../types/chat.ts'
import type { Endpoint } from '../types/provider.ts'

type IsNative = (url: string, part: UserPart) => boolean

/**
 * The request with the contents of http(s) URLs in place of the URLs, as data URLs, for providers that take bytes only;
 * the request itself, and at once, if it has none. `isNative`: what the provider fetches itself.
 */
export function withInlineMedia(
  request: ChatRequest,
  { fetchMedia }: Endpoint,
  isNative: IsNative = () => false,
): ChatRequest | Promise<ChatRequest> {
  const isRemote = (part: UserPart) => /^https?:\/\//i.test(urlOf(part)) && !isNative(urlOf(part), part)
  if (!request.messages.some((message) => mediaParts(message).some(isRemote))) return request

  const inlinePart = async <P extends UserPart>(part: P): Promise<P> => {
    if (!isRemote(part)) return part
    const { mime, data } = await fetchMedia(urlOf(part))
    return withUrl(part, `data:${mime};base64,${data}`)
  }
  const inlineMessage = async (message: Message): Promise<Message> => {
    if (message.role === 'user' && typeof message.content !== 'string') {
      return { ...message, content: await Promise.all(message.content.map(inlinePart)) }
    }
    if (message.role === 'tool' && typeof message.content !== 'string') {
      return { ...message, content: await Promise.all(message.content.map(inlinePart)) }
    }
    return message
  }
  return Promise.all(request.messages.map(inlineMessage)).then((messages) => ({ ...request, messages }))
}

/** Whether the request has media by http(s) URLs. */
export function hasRemoteMedia({ messages }: ChatRequest): boolean {
  return messages.some((message) => mediaParts(message).some((part) => /^https?:\/\//i.test(urlOf(part))))
}

/** The parts of messages that may hold media. */
function mediaParts({ role, content }: Message): readonly UserPart[] {
  return (role === 'user' || role === 'tool') && Array.isArray(content) ? content : []
}

function urlOf(part: UserPart): string {
  if (part.type === 'image_url') return part.image_url.url
  return (part.type === 'file' && part.file.file_data) || ''
}

function withUrl<P extends UserPart>(part: P, url: string): P {
  switch (part.type) {
    case 'image_url':
      return { ...part, image_url: { ...part.image_url, url } }
    case 'file':
      return { ...part, file: { ...part.file, file_data: url } }
    default:
      return part
  }
}
