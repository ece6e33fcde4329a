import { createHash } from 'node:crypto'
import type { ChatRequest, ResponseFormat } from '../../types/chat.ts'
import { effortOf } from './effort.ts'
import { checkRequest } from './request-schema.ts'
import { chatToolChoice, chatTools } from './tools.ts'
import { chatMessages, systemMessages } from './turns.ts'
import type { MessagesRequest } from './wire.ts'

/** A client's request in the one form that all attempts start from, and what of it has no place there. */
export interface ReadRequest {
  readonly request: ChatRequest
  /** Fields, and types of blocks, that only a target which speaks Messages itself can serve. */
  readonly lost: readonly string[]
  /** The field without which the request would be another one. */
  readonly nativeOnly: string | undefined
}

/** Checks a body and brings it into the form that providers get. Throws RequestError with the path of what is wrong. */
export function readRequest(body: unknown, limit: 'max_tokens' | 'none' = 'max_tokens'): ReadRequest {
  checkRequest(body, limit)
  const given = body as MessagesRequest
  const lost = new Set(Object.keys(given).filter((field) => !READ.has(field) && given[field] != null))
  const messages = [...systemMessages(given.system ?? []), ...chatMessages(given.messages, (type) => lost.add(type))]
  const tools = chatTools(given.tools ?? [])
  const effort = effortOf(given)
  const format = given.output_config?.format ?? given.output_format
  const tier = TIERS.get(given.service_tier)
  const user = given.metadata?.user_id
  const request: ChatRequest = Object.freeze({
    model: given.model,
    messages: Object.freeze(messages),
    ...(given.max_tokens !== undefined && { max_completion_tokens: given.max_tokens }),
    ...(given.stream != null && { stream: given.stream }),
    ...(given.temperature != null && { temperature: given.temperature }),
    ...(given.top_p != null && { top_p: given.top_p }),
    ...(given.top_k != null && { top_k: given.top_k }),
    ...(given.stop_sequences?.length && { stop: given.stop_sequences }),
    ...(tools.length > 0 && { tools, ...(given.tool_choice && chatToolChoice(given.tool_choice)) }),
    ...(effort !== undefined && { reasoning_effort: effort }),
    ...(format != null && responseFormat(format)),
    ...(user && { safety_identifier: identifier(user), metadata: { user_id: user } }),
    ...(tier !== undefined && { service_tier: tier }),
  })
  return { request, lost: [...lost], nativeOnly: nativeOnlyOf(given) }
}

/** The fields that are read here, in whatever form they have for other providers. */
const READ: ReadonlySet<string> = new Set([
  ...[
    'model',
    'messages',
    'system',
    'max_tokens',
    'stream',
    'temperature',
    'top_p',
    'top_k',
    'stop_sequences',
    'tools',
  ],
  ...['tool_choice', 'thinking', 'output_config', 'output_format', 'metadata', 'service_tier'],
])

/** What the model works with, and what only Anthropic has. */
const NATIVE_ONLY = ['mcp_servers', 'container']

function nativeOnlyOf(given: MessagesRequest): string | undefined {
  return NATIVE_ONLY.find((field) => isGiven(given[field])) ?? (goesOnInThread(given) ? 'thread' : undefined)
}

/** Whether `messages` are only what is new in a conversation that Anthropic keeps. One that begins there has all of it. */
function goesOnInThread({ thread }: MessagesRequest): boolean {
  return typeof thread === 'object' && thread !== null && 'type' in thread && thread.type !== 'create'
}

function isGiven(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value != null
}

const TIERS = new Map<unknown, string>([
  ['auto', 'auto'],
  ['standard_only', 'default'],
])

function responseFormat({ type, schema }: { type: string; schema?: Record<string, unknown> | null }): {
  response_format?: ResponseFormat
} {
  if (type !== 'json_schema' || schema == null) return {}
  return { response_format: { type: 'json_schema', json_schema: { name: 'answer', schema } } }
}

/** In characters; OpenAI takes no more. */
const LONGEST_IDENTIFIER = 128

function identifier(user: string): string {
  return user.length <= LONGEST_IDENTIFIER ? user : createHash('sha256').update(user).digest('hex')
}
