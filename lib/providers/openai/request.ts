import type { AssistantMessage, ChatRequest, Message, ToolCall } from '../../types/chat.ts'
import type { Note } from '../adjustments.ts'
import { answeredCalls } from '../call-results.ts'
import { mediaAsUser } from '../conversation.ts'
import type { ParamLocations } from '../dropped.ts'
import { isObject } from '../json.ts'
import { messageState, stateFields } from './call-state.ts'
import { shortId } from './ids.ts'
import { fitModel, isOwnModel } from './models.ts'

/** A body that OpenAI takes: the client's own fields, and what we ask for. */
export interface OpenAIBody {
  model: string
  messages: OpenAIMessage[]
  stream: boolean
  stream_options?: { include_usage: true; include_obfuscation?: boolean } | undefined
  [field: string]: unknown
}

type OpenAIMessage = Exclude<Message, AssistantMessage> | OpenAIAssistantMessage

export interface OpenAIAssistantMessage extends Omit<AssistantMessage, 'tool_calls'> {
  tool_calls?: OpenAIToolCall[]
}

export type OpenAIToolCall =
  | { id: string; type: 'function'; function: { name: string; arguments: string } }
  | { id: string; type: 'custom'; custom: { name: string; input: string } }

/** Passes on all that the client sent, except what `model` or the schema of messages refuses. */
export function openaiBody(request: ChatRequest, model = request.model): OpenAIBody {
  return {
    ...fitModel(request, model),
    messages: request.messages
      .filter((message) => !(isOwnModel(model) && isThoughtAlone(message)))
      .map((message) => openaiMessage(message, model)),
    ...(isStreamed(request)
      ? { stream: true, stream_options: { ...request.stream_options, include_usage: true } }
      : { stream: false, stream_options: undefined }),
  }
}

/** Speech is streamed as raw samples alone. Source: OpenAI's 400, "audio.format does not support 'wav' when stream=true". */
function isStreamed({ audio, modalities }: ChatRequest): boolean {
  return !modalities?.includes('audio') || !isObject(audio) || audio.format === 'pcm16' || audio.format === undefined
}

/** The two limits stand for each other; with tools, some models are asked not to reason whatever the request says. */
export function openaiParamLocations(request: ChatRequest, body: object): ParamLocations {
  const { reasoning_effort: effort, tools } = request
  return {
    ...(tools?.length && !('parallel_tool_calls' in body) && { parallel_tool_calls: 'refused' }),
    max_tokens: ['max_tokens', 'max_completion_tokens'],
    reasoning_effort: 'reasoning_effort' in body && body.reasoning_effort === effort,
  }
}

/** The conversation in OpenAI's order: each call has one result right behind it, and results hold text alone. */
export function openaiOrder({ messages }: ChatRequest, note: Note): Message[] {
  return mediaAsUser(answeredCalls(messages, callId, note), {}, note)
}

/**
 * The message without our own `state`, which OpenAI's schema refuses. It refuses `reasoning_content` too, which models of other
 * makers demand in a tool loop (DeepSeek, Kimi).
 */
function openaiMessage(message: Message, model: string): OpenAIMessage {
  if (message.role === 'tool') return { ...message, tool_call_id: callId(message.tool_call_id) }
  if (message.role !== 'assistant') return message
  const { tool_calls, reasoning_content, gemini_parts: _, ...rest } = message
  const isOwn = isOwnModel(model)
  return {
    ...(isOwn ? {} : messageState(message, model)),
    ...rest,
    ...(!isOwn && reasoning_content && { reasoning_content }),
    ...(tool_calls?.length && {
      tool_calls: tool_calls.map((call) => ({ ...openaiCall(call), ...(isOwn ? {} : stateFields(call, model)) })),
    }),
  }
}

/** Without its thought, which OpenAI's models do not take, nothing would be left of it, and they refuse that. */
function isThoughtAlone(message: Message): boolean {
  if (message.role !== 'assistant' || !message.reasoning_content) return false
  const { content, refusal, audio, tool_calls: calls } = message
  return content == null && refusal == null && audio == null && !calls?.length
}

function openaiCall(call: ToolCall): OpenAIToolCall {
  const id = callId(call.id)
  if (call.custom != null) return { id, type: 'custom', custom: call.custom }
  return { id, type: 'function', function: call.function ?? { name: '', arguments: '' } }
}

/** The longest id of a tool call that OpenAI takes; other providers' can be longer. */
const LONGEST_ID = 40

function callId(id: string): string {
  return id.length > LONGEST_ID ? `call_${shortId(id, 32)}` : id
}

/** The message in a dialect that knows one name for instructions. */
export function systemRole<M extends { role: string }>(message: M): M {
  return message.role === 'developer' ? { ...message, role: 'system' } : message
}
