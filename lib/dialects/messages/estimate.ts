import type { ChatRequest, Message, UserPart } from '../../types/chat.ts'

/** In bytes of UTF-8: of English some four characters, of Chinese one and a third. */
const BYTES_A_TOKEN = 4
/** What a turn costs beside its words. */
const TOKENS_A_MESSAGE = 4
/** An image of a megapixel or more, which are scaled down to that. Source: platform.claude.com, vision. */
const TOKENS_AN_IMAGE = 1600
/** In characters of base64; a page of a PDF, with 2000 tokens. */
const CHARACTERS_A_PAGE = 50_000
const TOKENS_A_PAGE = 2000

/** The tokens of a request, more or less: no tokenizer is asked, and each target has its own. */
export function estimatedTokens({ messages, tools }: ChatRequest): number {
  const spoken = messages.reduce((sum, message) => sum + messageTokens(message), 0)
  return spoken + (tools === undefined ? 0 : textTokens(JSON.stringify(tools)))
}

function messageTokens(message: Message): number {
  const calls = message.role === 'assistant' ? (message.tool_calls ?? []) : []
  const called = calls.reduce((sum, { function: f }) => sum + textTokens(`${f?.name}${f?.arguments}`), 0)
  return TOKENS_A_MESSAGE + called + contentTokens(message.content ?? '')
}

function contentTokens(content: string | readonly (UserPart | { type: 'refusal'; refusal: string })[]): number {
  if (typeof content === 'string') return textTokens(content)
  return content.reduce((sum, part) => sum + partTokens(part), 0)
}

function partTokens(part: UserPart | { type: 'refusal' }): number {
  if (part.type === 'text') return textTokens(part.text)
  if (part.type === 'image_url') return TOKENS_AN_IMAGE
  if (part.type === 'file') return TOKENS_A_PAGE * Math.ceil((part.file.file_data?.length ?? 1) / CHARACTERS_A_PAGE)
  return 0
}

function textTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / BYTES_A_TOKEN)
}
