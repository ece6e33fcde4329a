import * as v from 'valibot'
import { checkBody } from '../check-body.ts'
import { ModelName } from '../model-name.ts'

/**
 * Throws RequestError with the path of what is wrong with a request of the Responses API. Only what is read here is checked: items
 * and tools of other types, and fields that are not known, pass. Source: openai-node, `resources/responses/responses.ts`.
 */
export function checkRequest(body: unknown): asserts body is ResponsesBody {
  checkBody(RequestSchema, body)
}

const optional = <S extends v.GenericSchema>(schema: S) => v.nullish(schema)

type Schemas = Readonly<Record<string, v.GenericSchema>>

const JsonObject = v.custom<Record<string, unknown>>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'must be an object',
)

const Breakpoint = { prompt_cache_breakpoint: optional(JsonObject), cache_control: optional(JsonObject) }

const Text = v.string()
/** What is of a type that is not read here. */
const Other: v.GenericSchema = v.looseObject({ type: v.string() })

const PARTS: Schemas = {
  input_text: v.looseObject({ type: v.string(), text: v.string(), ...Breakpoint }),
  output_text: v.looseObject({ type: v.string(), text: v.string() }),
  text: v.looseObject({ type: v.string(), text: v.string() }),
  summary_text: v.looseObject({ type: v.string(), text: v.string() }),
  reasoning_text: v.looseObject({ type: v.string(), text: v.string() }),
  refusal: v.looseObject({ type: v.string(), refusal: v.string() }),
  input_image: v.pipe(
    v.looseObject({
      type: v.string(),
      image_url: optional(v.string()),
      file_id: optional(v.string()),
      detail: optional(v.string()),
      ...Breakpoint,
    }),
    v.check(({ image_url, file_id }) => image_url != null || file_id != null, 'needs an image_url or a file_id'),
  ),
  input_file: v.pipe(
    v.looseObject({
      type: v.string(),
      file_data: optional(v.string()),
      file_url: optional(v.string()),
      file_id: optional(v.string()),
      filename: optional(v.string()),
      ...Breakpoint,
    }),
    v.check(
      ({ file_data, file_url, file_id }) => (file_data ?? file_url ?? file_id) != null,
      'needs a file_data, a file_url or a file_id',
    ),
  ),
  input_audio: v.looseObject({
    type: v.string(),
    input_audio: v.looseObject({ data: v.string(), format: v.string() }),
  }),
}

/** Of any type; those of a known one have its fields. */
const Part = v.lazy((part) => ofType(PARTS, part) ?? Other)
const Parts = v.array(Part, 'must be a string or an array of parts')
/** A union would report only that neither fits, not which part is wrong. */
const Content = v.lazy((content) => (typeof content === 'string' ? Text : Parts))

const Message = v.looseObject({
  role: v.picklist(['user', 'assistant', 'system', 'developer']),
  content: Content,
})
const Output = v.looseObject({ call_id: v.string(), output: Content })

const FunctionSpec = v.looseObject({
  name: v.string(),
  description: optional(v.string()),
  parameters: optional(JsonObject),
  strict: optional(v.boolean()),
})
const CustomSpec = v.looseObject({ name: v.string(), description: optional(v.string()), format: optional(JsonObject) })
const FLAT_TOOLS: Schemas = { function: FunctionSpec, custom: CustomSpec }
const TOOLS: Schemas = {
  ...FLAT_TOOLS,
  namespace: v.looseObject({
    name: v.string(),
    description: optional(v.string()),
    tools: v.array(v.lazy((tool) => ofType(FLAT_TOOLS, tool) ?? Other)),
  }),
}
const Tools = v.array(v.lazy((tool) => ofType(TOOLS, tool) ?? Other))

const FORMATS: Schemas = {
  json_schema: v.looseObject({
    name: v.string(),
    schema: optional(JsonObject),
    description: optional(v.string()),
    strict: optional(v.boolean()),
  }),
}

const Reference = v.looseObject({ id: v.string() })
const ITEMS: Schemas = {
  message: Message,
  function_call: v.looseObject({
    call_id: v.string(),
    name: v.string(),
    arguments: v.string(),
    namespace: optional(v.string()),
  }),
  custom_tool_call: v.looseObject({
    call_id: v.string(),
    name: v.string(),
    input: v.string(),
    namespace: optional(v.string()),
  }),
  function_call_output: Output,
  custom_tool_call_output: Output,
  reasoning: v.looseObject({
    summary: optional(v.array(Part)),
    content: optional(v.array(Part)),
    encrypted_content: optional(v.string()),
  }),
  item_reference: Reference,
  additional_tools: v.looseObject({ tools: Tools }),
  tool_search_output: v.looseObject({ tools: optional(Tools) }),
}
const Item = v.lazy((item) => {
  const known = ofType(ITEMS, item)
  if (known !== undefined) return known
  const { type, role, id } = (item ?? {}) as { type?: unknown; role?: unknown; id?: unknown }
  if (type != null) return Other
  // A reference may have no type, and has nothing else.
  return role === undefined && typeof id === 'string' ? Reference : Message
})
const Items = v.array(Item, 'must be a string or an array of items')

const Mode = v.picklist(['none', 'auto', 'required'])
const NamedTool = v.looseObject({ name: v.string(), namespace: optional(v.string()) })
const AllowedTools = v.looseObject({ mode: v.picklist(['auto', 'required']), tools: v.array(Other) })
const Choice = v.lazy((choice) => {
  if (typeof choice === 'string') return Mode
  const { type } = (choice ?? {}) as { type?: unknown }
  if (type === 'function' || type === 'custom') return NamedTool
  return type === 'allowed_tools' ? AllowedTools : Other
})

const RequestSchema = v.looseObject({
  model: optional(ModelName),
  input: optional(v.lazy((input) => (typeof input === 'string' ? Text : Items))),
  instructions: optional(v.string()),
  stream: optional(v.boolean()),
  max_output_tokens: optional(v.pipe(v.number(), v.integer())),
  max_tool_calls: optional(v.pipe(v.number(), v.integer())),
  temperature: optional(v.number()),
  top_p: optional(v.number()),
  top_logprobs: optional(v.number()),
  reasoning: optional(v.looseObject({ effort: optional(v.string()), summary: optional(v.string()) })),
  text: optional(
    v.looseObject({
      format: optional(v.lazy((format) => ofType(FORMATS, format) ?? Other)),
      verbosity: optional(v.string()),
    }),
  ),
  tools: optional(Tools),
  tool_choice: optional(Choice),
  parallel_tool_calls: optional(v.boolean()),
  metadata: optional(v.record(v.string(), v.string())),
  store: optional(v.boolean()),
  previous_response_id: optional(v.string()),
  include: optional(v.array(v.string())),
  truncation: optional(v.string()),
  service_tier: optional(v.string()),
  user: optional(v.string()),
  safety_identifier: optional(v.string()),
  prompt_cache_key: optional(v.string()),
  background: optional(v.boolean()),
})

/** Names are the client's, and every object has a `constructor`. */
function ofType(schemas: Schemas, value: unknown): v.GenericSchema | undefined {
  const { type } = (value ?? {}) as { type?: unknown }
  return typeof type === 'string' && Object.hasOwn(schemas, type) ? schemas[type] : undefined
}

// ---------------------------------------------------------------------------------------- what has passed the check

export interface Part {
  readonly type: string
  /** Of a part of an unknown type anything. */
  readonly text?: unknown
  readonly refusal?: string
  readonly image_url?: string | null
  readonly detail?: string | null
  readonly file_data?: string | null
  readonly file_url?: string | null
  readonly file_id?: string | null
  readonly filename?: string | null
  readonly input_audio?: { data: string; format: string }
  readonly [field: string]: unknown
}

/** An item of `input`: which fields it has, its type says. */
export interface Item {
  readonly type?: string | null
  readonly role?: 'user' | 'assistant' | 'system' | 'developer'
  readonly content?: string | readonly Part[] | null
  readonly id?: string
  readonly call_id?: string
  readonly name?: string
  readonly namespace?: string | null
  readonly arguments?: string
  readonly input?: string
  readonly output?: string | readonly Part[]
  readonly summary?: readonly Part[] | null
  readonly encrypted_content?: string | null
  readonly tools?: readonly ToolSpec[] | null
  readonly [field: string]: unknown
}

export interface ToolSpec {
  readonly type: string
  readonly name?: string
  readonly description?: string | null
  readonly parameters?: Record<string, unknown> | null
  readonly strict?: boolean | null
  readonly format?: Record<string, unknown> | null
  readonly tools?: readonly ToolSpec[]
  readonly [field: string]: unknown
}

export type Choice =
  | 'none'
  | 'auto'
  | 'required'
  | {
      readonly type: string
      readonly name?: string
      readonly namespace?: string | null
      readonly mode?: 'auto' | 'required'
      readonly tools?: readonly { readonly type: string; readonly name?: string; readonly namespace?: string | null }[]
    }

export interface ResponsesBody {
  readonly model?: string | null
  readonly input?: string | readonly Item[] | null
  readonly instructions?: string | null
  readonly stream?: boolean | null
  readonly max_output_tokens?: number | null
  readonly max_tool_calls?: number | null
  readonly temperature?: number | null
  readonly top_p?: number | null
  readonly top_logprobs?: number | null
  readonly reasoning?: { effort?: string | null; summary?: string | null } | null
  readonly text?: { format?: TextFormat | null; verbosity?: string | null } | null
  readonly tools?: readonly ToolSpec[] | null
  readonly tool_choice?: Choice | null
  readonly parallel_tool_calls?: boolean | null
  readonly metadata?: Record<string, string> | null
  readonly store?: boolean | null
  readonly previous_response_id?: string | null
  readonly include?: readonly string[] | null
  readonly truncation?: string | null
  readonly service_tier?: string | null
  readonly user?: string | null
  readonly safety_identifier?: string | null
  readonly prompt_cache_key?: string | null
  readonly background?: boolean | null
  readonly [field: string]: unknown
}

/** `text`, `json_object`, `json_schema`, which alone has a name, or one that is not read here. */
export interface TextFormat {
  readonly type: string
  readonly name?: string
  readonly schema?: Record<string, unknown> | null
  readonly description?: string | null
  readonly strict?: boolean | null
}
