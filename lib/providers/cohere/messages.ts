import { RequestError } from '../../errors.ts'
import type { AssistantMessage, ChatRequest, FilePart, UserMessage, UserPart } from '../../types/chat.ts'
import { dataUrl, joinedTexts, textOf } from '../content.ts'
import { list } from '../json.ts'
import { unsupportedPart } from '../openai/tools.ts'

/** The text of an assistant's turn; a refusal is text like any other. */
export function said(message: AssistantMessage): string {
  const { content } = message
  const words = Array.isArray(content)
    ? joinedTexts(content.map((part) => (part.type === 'refusal' ? part.refusal : textOf([part]))))
    : content
  return words || message.refusal || ''
}

/** The reason to call tools in an assistant's turn: its text, or the plan that goes out as reasoning. */
export function plan(message: AssistantMessage): string {
  return said(message) || message.reasoning_content || ''
}

export interface Call {
  id: string
  name: string
  arguments: string
}

/** The calls of an assistant's turn. */
export function calls(message: AssistantMessage): Call[] {
  return (message.tool_calls ?? []).map((call) => {
    if (call.function === undefined)
      throw new RequestError('Cohere has no custom tools.', { param: 'messages', code: 'unsupported_value' })
    return { id: call.id, ...call.function }
  })
}

/** What stands for words in a turn of files alone, which are documents: Cohere refuses a turn without a word. */
const SEE_DOCUMENTS = 'See the documents.'

/** The text of a user's turn. */
export function asked(content: UserMessage['content']): string {
  return textOf(content) || SEE_DOCUMENTS
}

interface TextFile {
  title?: string
  text: string
}

/** The client's own documents and the text files of its messages, which Cohere takes as documents. */
export function documents(request: ChatRequest, native: (file: TextFile) => unknown): unknown {
  const files = request.messages
    .flatMap((message) => (message.role === 'user' && typeof message.content !== 'string' ? message.content : []))
    .filter((part) => part.type === 'file')
    .map((part) => native(textFile(part)))
  return files.length === 0 ? request.documents : [...list(request.documents), ...files]
}

function textFile({ file }: FilePart): TextFile {
  const found = dataUrl(file.file_data ?? '')
  if (found === undefined || !/^(text\/|application\/json$)/.test(found.mime)) {
    throw new RequestError('Cohere takes text files only, as a data URL.', {
      param: 'messages',
      code: 'unsupported_value',
    })
  }
  const text = Buffer.from(found.data, 'base64').toString()
  return file.filename === undefined ? { text } : { title: file.filename, text }
}

/** Throws RequestError for what Cohere has no place for: audio, or parts that nobody knows. An answer without them would be another. */
export function refuseOthers(parts: readonly UserPart[]): void {
  const other = parts.find(({ type }) => !TAKEN.has(type))
  if (other !== undefined) throw unsupportedPart('Cohere', other.type === 'input_audio' ? 'audio' : `'${other.type}'`)
}

const TAKEN: ReadonlySet<string> = new Set(['text', 'image_url', 'file'])
