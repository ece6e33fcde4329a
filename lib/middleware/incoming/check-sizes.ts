import { RequestError } from '../../errors.ts'
import type { ChatRequest, Message } from '../../types/chat.ts'

export interface SizeLimits {
  maxMessages: number
  maxTools: number
  maxTextBytes: number
}

/** In bytes: a request that takes more than a turn to be read and encoded. */
export const LARGE = 256 * 1024

/** Looks at a body's own lists before they are checked item by item. Throws RequestError for one that has no end. */
export function checkLists(body: unknown, { maxMessages, maxTools }: SizeLimits): void {
  if (typeof body !== 'object' || body === null) return
  const most = Math.max(maxMessages, maxTools)
  for (const [param, value] of Object.entries(body)) {
    if (Array.isArray(value) && value.length > most) throw tooMany(param, 'items', value.length, most)
  }
}

/** Throws RequestError for a request that is larger than the limits. `bytes`: those of its body, if they are known. */
export function checkSizes(request: ChatRequest, bytes: number | undefined, limits: SizeLimits): void {
  const { messages, tools = [] } = request
  if (tools.length > limits.maxTools) throw tooMany('tools', 'tools', tools.length, limits.maxTools)
  let count = 0
  let media = 0
  for (const message of messages) {
    const { content, calls } = partsOf(message)
    count += 1 + content.length + calls
    for (const part of content) media += mediaOf(part)
  }
  if (count > limits.maxMessages) {
    throw tooMany('messages', 'messages, parts and tool calls', count, limits.maxMessages)
  }
  const text = (bytes ?? 0) - media
  if (text > limits.maxTextBytes) {
    const what = 'beside its images, sounds and files'
    throw new RequestError(`The request has ${text} bytes ${what}, at most ${limits.maxTextBytes} are taken.`, {
      status: 413,
      code: 'request_too_large',
    })
  }
}

type Part = Exclude<Message['content'], string | null | undefined>[number]

function partsOf(message: Message): { content: readonly Part[]; calls: number } {
  const calls = message.role === 'assistant' ? (message.tool_calls?.length ?? 0) : 0
  return { content: Array.isArray(message.content) ? message.content : [], calls }
}

/** Characters of what a part has in base64, of which each is a byte. */
function mediaOf(part: Part): number {
  switch (part.type) {
    case 'image_url':
      return part.image_url.url.startsWith('data:') ? part.image_url.url.length : 0
    case 'input_audio':
      return part.input_audio.data.length
    case 'file':
      return part.file.file_data?.length ?? 0
    default:
      return 0
  }
}

/** In OpenAI's words. */
function tooMany(param: string, what: string, count: number, most: number): RequestError {
  const message = `Invalid '${param}': array too long. Expected at most ${most} ${what}, but got ${count}.`
  return new RequestError(message, { param, code: 'array_above_max_length' })
}
