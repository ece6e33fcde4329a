import type { ChatRequest, Message, UserPart } from '../types/chat.ts'
import type { Endpoint } from '../types/provider.ts'

type IsNative = (url: string) => boolean

/**
 * The request with the contents of http(s) URLs in place of the URLs, as data URLs, for providers that take bytes only;
 * the request itself, and at once, if it has none. `isNative`: what the provider fetches itself.
 */
export function withInlineMedia(
  request: ChatRequest,
  { fetchMedia }: Endpoint,
  isNative: IsNative = () => false,
): ChatRequest | Promise<ChatRequest> {
  const isRemote = (url: string) => /^https?:\/\//i.test(url) && !isNative(url)
  if (!request.messages.some((message) => userParts(message).some((part) => isRemote(urlOf(part))))) return request

  const inlinePart = async (part: UserPart): Promise<UserPart> => {
    if (!isRemote(urlOf(part))) return part
    const { mime, data } = await fetchMedia(urlOf(part))
    return withUrl(part, `data:${mime};base64,${data}`)
  }
  const inlineMessage = async (message: Message): Promise<Message> => {
    if (message.role !== 'user' || typeof message.content === 'string') return message
    return { ...message, content: await Promise.all(message.content.map(inlinePart)) }
  }
  return Promise.all(request.messages.map(inlineMessage)).then((messages) => ({ ...request, messages }))
}

function userParts(message: Message): UserPart[] {
  return message.role === 'user' && typeof message.content !== 'string' ? message.content : []
}

function urlOf(part: UserPart): string {
  if (part.type === 'image_url') return part.image_url.url
  return (part.type === 'file' && part.file.file_data) || ''
}

function withUrl(part: UserPart, url: string): UserPart {
  switch (part.type) {
    case 'image_url':
      return { ...part, image_url: { ...part.image_url, url } }
    case 'file':
      return { ...part, file: { ...part.file, file_data: url } }
    default:
      return part
  }
}
