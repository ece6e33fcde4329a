import type { IncomingMessage } from 'node:http'
import * as v from 'valibot'
import { RequestError } from '../errors.ts'
import { callState, ownCallId } from '../transforms/call-id.ts'
import type { ChatRequest, Message, ResponseFormat, Tool, ToolCall, ToolChoice } from '../types.ts'

/** A client's request: checked, and in the one form that all attempts start from. */
export interface ClientRequest {
  request: ChatRequest
  /** The client uses the deprecated `functions`, and expects `function_call` back. */
  legacy: boolean
  stream: boolean
  includeUsage: boolean
}

/**
 * The request's body as JSON: what an earlier body parser left, else read here, at most `maxBytes`. Throws RequestError; a
 * client that leaves meanwhile rejects with the connection's error.
 */
export async function readBody(req: IncomingMessage & { body?: unknown }, maxBytes: number): Promise<unknown> {
  if (req.readableEnded || req.readableDidRead) return parsedBody(req.body)
  const coding = req.headers['content-encoding']?.trim().toLowerCase() ?? ''
  if (coding !== '' && coding !== 'identity') {
    throw new RequestError(`The request body is encoded as '${coding}'; send it plain.`, { status: 415 })
  }
  const pieces: Buffer[] = []
  let size = 0
  // Without this the iterator would destroy the request and take its socket from those who log.
  for await (const piece of req.iterator({ destroyOnReturn: false })) {
    size += (piece as Buffer).length
    if (size > maxBytes) throw tooLarge(maxBytes)
    pieces.push(piece as Buffer)
  }
  return parseText(Buffer.concat(pieces).toString())
}

function parsedBody(body: unknown): unknown {
  if (typeof body === 'string' || Buffer.isBuffer(body)) return parseText(body.toString())
  if (body !== undefined) return body
  throw new RequestError('The request body was read by something before streamgate, which left no req.body.')
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new RequestError('We could not parse the JSON body of your request.')
  }
}

function tooLarge(maxBytes: number): RequestError {
  return new RequestError(`The request body is larger than ${maxBytes} bytes.`, {
    status: 413,
    code: 'request_too_large',
  })
}

/** Checks a body and brings it into the form that providers get. Throws RequestError with the path of what is wrong. */
export function parseRequest(body: unknown): ClientRequest {
  // Valibot takes an array for an object.
  const result = v.safeParse(RequestSchema, Array.isArray(body) ? undefined : body)
  if (!result.success) throw invalid(result.issues[0])

  const { functions, function_call, messages, tools, response_format, ...rest } = withoutNulls(body as ClientBody, 1)
  const legacy = functions !== undefined || function_call !== undefined
  const request: ChatRequest = Object.freeze({
    ...rest,
    model: rest.model ?? '',
    // To the fields of a part, of a function, of a schema's wrapper; JSON schemas themselves have nulls that mean something.
    messages: Object.freeze(modernMessages(withoutNulls(messages, 5))),
    ...(response_format && { response_format: withoutNulls(response_format, 2) }),
    ...(tools && { tools: withoutNulls(tools, 3) }),
    ...(functions?.length && { tools: withoutNulls(functions, 2).map(modernTool) }),
    ...(function_call !== undefined && { tool_choice: modernChoice(function_call) }),
    // The old format has room for one call.
    ...(legacy && { parallel_tool_calls: false }),
  })
  return {
    request,
    legacy,
    stream: request.stream === true,
    includeUsage: request.stream_options?.include_usage === true,
  }
}

// ------------------------------------------------------------------------------------------------------ the old forms

type LegacyCall = { name: string; arguments: string }
type LegacyMessage = { role: 'function'; name: string; content?: string }
type ClientMessage = (Message & { function_call?: LegacyCall }) | LegacyMessage
type FunctionSpec = Extract<Tool, { type: 'function' }>['function']
interface ClientBody {
  model?: string
  messages: ClientMessage[]
  tools?: Tool[]
  response_format?: ResponseFormat
  functions?: FunctionSpec[]
  function_call?: 'none' | 'auto' | { name: string }
  [field: string]: unknown
}

function modernTool(called: FunctionSpec): Tool {
  return { type: 'function', function: called }
}

function modernChoice(choice: 'none' | 'auto' | { name: string }): ToolChoice {
  return typeof choice === 'string' ? choice : { type: 'function', function: { name: choice.name } }
}

/** What the ids of one request's calls may carry in all, in bytes. */
const MAX_STATE_BYTES = 64 * 1024 * 1024

/** Messages of the deprecated kinds as tool calls and results; the ids of calls without what we packed into them. */
function modernMessages(messages: readonly ClientMessage[]): Message[] {
  let legacyCalls = 0
  let room = MAX_STATE_BYTES

  const modernCall = ({ id: packed, function: called, custom }: ToolCall): ToolCall => {
    const id = ownCallId(packed)
    const state = callState(packed, room)
    // One that cannot be read may have cost all the room.
    if (id !== packed) room -= state === undefined ? room : Buffer.byteLength(state)
    return {
      id,
      type: custom === undefined ? 'function' : 'custom',
      ...(called && { function: called }),
      ...(custom && { custom }),
      ...(state !== undefined && { state }),
    }
  }

  return messages.map((message): Message => {
    if (message.role === 'function') {
      return { role: 'tool', tool_call_id: `call_legacy_${legacyCalls}`, content: message.content ?? '' }
    }
    if (message.role === 'tool') return { ...message, tool_call_id: ownCallId(message.tool_call_id) }
    if (message.role !== 'assistant') return message
    const { function_call, tool_calls, ...rest } = message as Extract<ClientMessage, { role: 'assistant' }>
    if (function_call !== undefined) {
      legacyCalls += 1
      return { ...rest, tool_calls: [{ id: `call_legacy_${legacyCalls}`, type: 'function', function: function_call }] }
    }
    if (!tool_calls?.length) return rest
    return { ...rest, tool_calls: tool_calls.map(modernCall) }
  })
}

/** OpenAI takes null for "not given" everywhere; providers get no nulls in this many levels of lists and objects. */
function withoutNulls<T>(value: T, levels: number): T {
  if (levels === 0 || typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((each) => withoutNulls(each, levels - 1)) as T
  const given = Object.entries(value).filter(([, each]) => each !== null)
  return Object.fromEntries(given.map(([key, each]) => [key, withoutNulls(each, levels - 1)])) as T
}

// --------------------------------------------------------------------------------------------------------- the checks

const optional = <S extends v.GenericSchema>(schema: S) => v.nullish(schema)

const Part = v.pipe(
  v.looseObject({
    type: v.string(),
    text: optional(v.string()),
    refusal: optional(v.string()),
    image_url: optional(v.looseObject({ url: v.string(), detail: optional(v.string()) })),
    input_audio: optional(v.looseObject({ data: v.string(), format: v.string() })),
    file: optional(
      v.looseObject({ file_data: optional(v.string()), file_id: optional(v.string()), filename: optional(v.string()) }),
    ),
  }),
  v.check(
    (part) => !['text', 'refusal', 'image_url', 'input_audio', 'file'].includes(part.type) || part[part.type] != null,
    'a part needs the field that its type names',
  ),
)
/** Text, or parts of these types; undefined: of any. A union would tell only that neither fits, not which part is wrong. */
function contentOf(types?: readonly string[]) {
  const allowed = v.check(
    ({ type }: { type: string }) => types === undefined || types.includes(type),
    `must be of type ${types?.join(' or ')} here`,
  )
  const Parts = v.array(v.pipe(Part, allowed), 'must be a string or an array of parts')
  return v.lazy((content) => (typeof content === 'string' ? v.string() : Parts))
}
const TextContent = contentOf(['text'])

const Call = v.pipe(
  v.looseObject({
    id: v.string(),
    type: optional(v.string()),
    function: optional(v.looseObject({ name: v.string(), arguments: v.string() })),
    custom: optional(v.looseObject({ name: v.string(), input: v.string() })),
  }),
  v.check(
    (call) => (call.function == null) !== (call.custom == null),
    'a call needs either a function or a custom tool',
  ),
)

const MessageSchema = v.variant('role', [
  v.looseObject({ role: v.picklist(['system', 'developer']), content: TextContent, name: optional(v.string()) }),
  v.looseObject({ role: v.literal('user'), content: contentOf(), name: optional(v.string()) }),
  v.looseObject({
    role: v.literal('assistant'),
    content: optional(contentOf(['text', 'refusal'])),
    refusal: optional(v.string()),
    tool_calls: optional(v.array(Call)),
    function_call: optional(v.looseObject({ name: v.string(), arguments: v.string() })),
    reasoning_content: optional(v.string()),
  }),
  v.looseObject({ role: v.literal('tool'), content: TextContent, tool_call_id: v.string() }),
  v.looseObject({ role: v.literal('function'), content: optional(v.string()), name: v.string() }),
])

const JsonSchema = v.custom<Record<string, unknown>>(
  (schema) => typeof schema === 'object' && schema !== null && !Array.isArray(schema),
  'must be an object',
)
const FunctionSchema = v.looseObject({
  name: v.string(),
  description: optional(v.string()),
  parameters: optional(JsonSchema),
})
const Named = v.looseObject({ name: v.string() })

const RequestSchema = v.looseObject({
  model: optional(v.pipe(v.string(), v.nonEmpty('must not be empty'))),
  messages: v.pipe(v.array(MessageSchema), v.nonEmpty('must not be empty')),
  stream: optional(v.boolean()),
  stream_options: optional(v.looseObject({ include_usage: optional(v.boolean()) })),
  max_tokens: optional(v.pipe(v.number(), v.integer())),
  max_completion_tokens: optional(v.pipe(v.number(), v.integer())),
  temperature: optional(v.number()),
  top_p: optional(v.number()),
  top_k: optional(v.number()),
  n: optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(128))),
  stop: optional(v.union([v.string(), v.array(v.string())], 'must be a string or an array of strings')),
  seed: optional(v.number()),
  presence_penalty: optional(v.number()),
  frequency_penalty: optional(v.number()),
  logit_bias: optional(v.record(v.string(), v.number())),
  logprobs: optional(v.boolean()),
  top_logprobs: optional(v.number()),
  tools: optional(
    v.array(
      v.variant('type', [
        v.looseObject({ type: v.literal('function'), function: FunctionSchema }),
        v.looseObject({ type: v.literal('custom'), custom: Named }),
      ]),
    ),
  ),
  tool_choice: optional(
    v.union(
      [
        v.picklist(['none', 'auto', 'required']),
        v.looseObject({ type: v.literal('function'), function: Named }),
        v.looseObject({ type: v.literal('custom'), custom: Named }),
        v.looseObject({
          type: v.literal('allowed_tools'),
          allowed_tools: v.looseObject({
            mode: v.picklist(['auto', 'required']),
            tools: v.array(v.record(v.string(), v.unknown())),
          }),
        }),
      ],
      'must be "none", "auto", "required" or an object that names a tool',
    ),
  ),
  parallel_tool_calls: optional(v.boolean()),
  functions: optional(v.array(FunctionSchema)),
  function_call: optional(
    v.union([v.picklist(['none', 'auto']), Named], 'must be "none", "auto" or an object with a name'),
  ),
  response_format: optional(
    v.variant('type', [
      v.looseObject({ type: v.picklist(['text', 'json_object']) }),
      v.looseObject({
        type: v.literal('json_schema'),
        json_schema: v.looseObject({ name: v.string(), schema: optional(JsonSchema) }),
      }),
    ]),
  ),
  reasoning_effort: optional(v.string()),
  verbosity: optional(v.string()),
  modalities: optional(v.array(v.string())),
  service_tier: optional(v.string()),
  user: optional(v.string()),
  safety_identifier: optional(v.string()),
  metadata: optional(v.record(v.string(), v.string())),
})

function invalid(issue: v.BaseIssue<unknown>): RequestError {
  const param = (issue.path ?? []).reduce(
    (path, { key }) => (typeof key === 'number' ? `${path}[${key}]` : path === '' ? String(key) : `${path}.${key}`),
    '',
  )
  if (param === '') return new RequestError('The request body must be a JSON object.')
  if (issue.input === undefined) {
    return new RequestError(`Missing required parameter: '${param}'.`, { param, code: 'missing_required_parameter' })
  }
  return new RequestError(`Invalid value for '${param}': ${issue.message}.`, { param, code: 'invalid_value' })
}
