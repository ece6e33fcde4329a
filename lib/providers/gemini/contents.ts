import { RequestError } from '../../errors.ts'
import type {
  AssistantMessage,
  ChatRequest,
  SystemMessage,
  ToolCall,
  ToolMessage,
  UserMessage,
} from '../../types/chat.ts'
import { argumentsObject, textOf, textParts, turns } from '../content.ts'
import { stretchesOf } from '../drawn-images.ts'
import { isObject } from '../json.ts'
import { mediaPart } from './media.ts'
import { generation, isGemma } from './models.ts'
import { readState, returnedParts } from './turn-state.ts'
import type { Content, Part, Platform } from './wire.ts'

/** The messages as Gemini's turns: users and models alternate, the results of one step's calls stand in one turn. */
export function contents(
  request: ChatRequest,
  platform: Platform,
): { contents: Content[]; systemInstruction: { parts: Part[] } | undefined } {
  const system: Part[] = []
  const contents: Content[] = []
  // Results name their function; OpenAI's have only the id of the call.
  const names = new Map<string, string>()

  for (const turn of turns(request.messages)) {
    if ('tool' in turn) {
      contents.push({ role: 'user', parts: turn.tool.map((message) => resultPart(message, names, platform)) })
      continue
    }
    const { message } = turn
    switch (message.role) {
      case 'system':
      case 'developer':
        system.push(...plainText(message.content))
        break
      case 'user':
        append(contents, 'user', userParts(message, platform))
        break
      case 'assistant':
        for (const call of message.tool_calls ?? []) names.set(call.id, nameAndArguments(call).name)
        append(contents, 'model', modelParts(message, request.model, platform))
    }
  }

  if (system.length > 0 && (contents.length === 0 || isGemma(request.model))) {
    return { contents: prepend(contents, system), systemInstruction: undefined }
  }
  if (contents.length === 0) throw new RequestError('There is no message to send.', { param: 'messages' })
  return { contents, systemInstruction: system.length > 0 ? { parts: system } : undefined }
}

/** Gemini refuses a turn without parts. Results of functions stay in a turn of their own. */
function append(contents: Content[], role: Content['role'], parts: Part[]): void {
  const last = contents.at(-1)
  if (parts.length === 0) return
  if (last?.role === role && last.parts[0]?.functionResponse === undefined) last.parts.push(...parts)
  else contents.push({ role, parts })
}

function prepend(contents: Content[], system: Part[]): Content[] {
  const [first, ...rest] = contents
  if (first?.role !== 'user') return [{ role: 'user', parts: system }, ...contents]
  return [{ role: 'user', parts: [...system, ...first.parts] }, ...rest]
}

function plainText(content: SystemMessage['content']): Part[] {
  return textParts(content).map(({ text }) => ({ text }))
}

function userParts(message: UserMessage, platform: Platform): Part[] {
  if (typeof message.content === 'string') return plainText(message.content)
  return message.content.flatMap((part) => {
    return part.type === 'text' ? plainText([part]) : [mediaPart(part, platform)]
  })
}

function modelParts(message: AssistantMessage, model: string, platform: Platform): Part[] {
  const content =
    typeof message.content === 'string' ? [{ type: 'text' as const, text: message.content }] : message.content
  const said = [...(content ?? []).map((part) => (part.type === 'text' ? part.text : part.refusal)), message.refusal]
  const parts: Part[] = said
    .flatMap((text) => (text ? partsOfText(text) : []))
    .map((part) => (part.inlineData && generation(model) >= 3 ? { ...part, thoughtSignature: SKIP_SIGNATURE } : part))
  const states = (message.tool_calls ?? []).map(({ state }) => readState(state, platform))
  // The parts that calls bring back stand before their calls; else those of the message stand before its words.
  if (states.every(({ parts }) => parts.length === 0)) parts.unshift(...returnedParts(message.gemini_parts, platform))
  for (const [index, call] of (message.tool_calls ?? []).entries()) {
    const skipped = index === 0 && generation(model) >= 3 ? SKIP_SIGNATURE : undefined
    const { signature: thoughtSignature = skipped, parts: before = [] } = states[index] ?? {}
    const { name, args } = nameAndArguments(call)
    const functionCall = platform === 'vertex' ? { name, args } : { id: call.id, name, args }
    parts.push(...before, thoughtSignature === undefined ? { functionCall } : { functionCall, thoughtSignature })
  }
  return parts
}

/**
 * Generation 3 answers 400 if the first call of a turn, or an image that it drew, has no signature; this one, which Google
 * documents, is for what the model did not make itself. Source: ai.google.dev/gemini-api/docs/thought-signatures.
 */
const SKIP_SIGNATURE = 'skip_thought_signature_validator'

/** A text as it came: words, and the images that Gemini drew as data. */
export function partsOfText(text: string): Part[] {
  return stretchesOf(text).map((each) => {
    return 'text' in each ? each : { inlineData: { mimeType: each.image.mimeType, data: each.image.data } }
  })
}

function nameAndArguments(call: ToolCall): { name: string; args: Record<string, unknown> } {
  if (call.custom !== undefined) return { name: call.custom.name, args: { input: call.custom.input } }
  return { name: call.function?.name ?? '', args: argumentsObject(call.function?.arguments ?? '') }
}

function resultPart(message: ToolMessage, names: ReadonlyMap<string, string>, platform: Platform): Part {
  const { tool_call_id: id, content } = message
  const name = names.get(id) ?? ''
  const response = resultObject(textOf(content))
  const parts = typeof content === 'string' ? [] : content.filter((part) => part.type !== 'text')
  const media = parts.length > 0 ? { parts: parts.map((part) => mediaPart(part, platform)) } : {}
  return { functionResponse: { ...(platform !== 'vertex' && { id }), name, response, ...media } }
}

/** Gemini wants an object, in which `$ref` has a meaning of its own. */
function resultObject(output: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(output)
    return isObject(value) && !hasReference(value) ? value : { output }
  } catch {
    return { output }
  }
}

function hasReference(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(([key, each]) => key === '$ref' || hasReference(each))
}
