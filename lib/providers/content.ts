import { RequestError } from '../errors.ts'
import type { ChatRequest, FunctionTool, Message, SystemMessage, TextPart, Tool, ToolMessage } from '../types/chat.ts'
import { isObject } from './json.ts'

/** The text of a message's content; parts that are not text are left out. */
export function textOf(content: string | readonly { type: string; text?: string }[] | null | undefined): string {
  if (content == null) return ''
  if (typeof content === 'string') return content
  return joinedTexts(content.flatMap((part) => (part.type === 'text' && part.text ? [part.text] : [])))
}

/** Texts as one, with a line break where the words of two would run together. */
export function joinedTexts(texts: readonly string[]): string {
  let before = ''
  const joined = texts.map((text) => {
    const joint = /\S/.test(before) && /^\S/.test(text) ? '\n' : ''
    before = text.at(-1) ?? before
    return joint + text
  })
  return joined.join('')
}

export function isSystem(message: Message): message is SystemMessage {
  return message.role === 'system' || message.role === 'developer'
}

/** Content as text parts; other parts are left out, and so is empty text, which several providers refuse. */
export function textParts(content: string | readonly TextPart[]): TextPart[] {
  const parts = typeof content === 'string' ? [{ type: 'text' as const, text: content }] : content
  return parts.filter((part) => part.type === 'text' && part.text !== '')
}

export function isFunctionTool(tool: Tool): tool is FunctionTool {
  return tool.type === 'function' && tool.function !== undefined
}

/** The error for a tool that the provider does not have: a custom one, or one of another provider's own. */
export function noSuchTool(provider: string, { type }: { type: string }, param = 'tools'): RequestError {
  return new RequestError(`${provider} has no tools of the type '${type}'.`, { param, code: 'unsupported_value' })
}

/** Splits `data:<mime>;base64,<data>`; undefined for any other URL. Throws RequestError if it is not base64. */
export function dataUrl(url: string): { mime: string; data: string } | undefined {
  if (!/^data:/i.test(url)) return undefined
  const comma = url.indexOf(',')
  const [mime = '', ...attributes] = url.slice(5, comma === -1 ? 5 : comma).split(';')
  if (comma === -1 || !attributes.some((attribute) => attribute.trim().toLowerCase() === 'base64')) {
    throw new RequestError('A data URL must be of the form data:<media type>;base64,<data>.', { param: 'messages' })
  }
  return { mime: mime.trim().toLowerCase(), data: url.slice(comma + 1) }
}

/** `max_completion_tokens`, else the older `max_tokens`. */
export function maxTokens(request: ChatRequest): number | undefined {
  return request.max_completion_tokens ?? request.max_tokens ?? undefined
}

/** `stop` as a list; undefined if there is none. */
export function stopList(request: ChatRequest): string[] | undefined {
  if (request.stop == null) return undefined
  const list = typeof request.stop === 'string' ? [request.stop] : request.stop
  return list.length > 0 ? [...list] : undefined
}

/** Runs of messages: consecutive tool messages as one, since several providers want them in one turn. */
export type Turn = { tool: ToolMessage[] } | { message: Exclude<Message, ToolMessage> }
export function turns(messages: readonly Message[]): Turn[] {
  const result: Turn[] = []
  for (const message of messages) {
    if (message.role !== 'tool') {
      result.push({ message })
      continue
    }
    const last = result.at(-1)
    if (last !== undefined && 'tool' in last) last.tool.push(message)
    else result.push({ tool: [message] })
  }
  return result
}

/** Call arguments as an object. Text that is not a JSON object is wrapped, so that the turn is not lost. */
export function argumentsObject(text: string): Record<string, unknown> {
  return parsedArguments(text) ?? { rawInvalidInput: text }
}

/** Call arguments as the text of a JSON object, for providers that check it: as they are, or wrapped. */
export function argumentsText(text: string): string {
  if (text.trim() === '') return '{}'
  return parsedArguments(text) === undefined ? JSON.stringify({ rawInvalidInput: text }) : text
}

function parsedArguments(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = text.trim() === '' ? {} : JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Throws RequestError if several answers are asked of a provider that gives one only. */
export function refuseSeveralAnswers(request: ChatRequest, provider: string): void {
  if (request.n != null && request.n > 1) {
    throw new RequestError(`${provider} gives one answer a request: 'n' must be 1.`, {
      param: 'n',
      code: 'unsupported_value',
    })
  }
}
