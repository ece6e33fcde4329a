import * as v from 'valibot'
import { checkBody } from '../check-body.ts'
import { ModelName } from '../model-name.ts'

/** Throws RequestError with the path of what is wrong with a chat request. Fields that are not known here pass unchecked. */
export function checkRequest(body: unknown): void {
  checkBody(RequestSchema, body)
}

const optional = <S extends v.GenericSchema>(schema: S) => v.nullish(schema)
const Text = v.string()

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
/** Text, or parts of these types; undefined: of any. A union would report only that neither fits, not which part is wrong. */
function contentOf(types?: readonly string[]) {
  const allowed = v.check(
    ({ type }: { type: string }) => types === undefined || types.includes(type),
    `must be of type ${types?.join(' or ')} here`,
  )
  const Parts = v.array(v.pipe(Part, allowed), 'must be a string or an array of parts')
  return v.lazy((content) => (typeof content === 'string' ? Text : Parts))
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
  v.looseObject({
    role: v.literal('tool'),
    content: contentOf(['text', 'image_url', 'file']),
    tool_call_id: v.string(),
  }),
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

const FunctionTool = v.looseObject({ type: v.literal('function'), function: FunctionSchema })
const CustomTool = v.looseObject({ type: v.literal('custom'), custom: Named })
const ToolNamedByKey = v.looseObject({})
/** A provider's own tool: whether the target has it is for the target to say. */
const NativeTool = v.looseObject({
  type: v.string(),
  function: v.optional(v.undefined('is for tools of the type function')),
  custom: v.optional(v.undefined('is for tools of the type custom')),
})

/** Google's own form of a tool: `{"googleSearch": {…}}`. */
export function isNamedByKey(tool: unknown): boolean {
  const [[key, options] = [], ...others] = Object.entries(tool ?? {})
  return (
    key !== undefined && !['function', 'custom'].includes(key) && others.length === 0 && typeof options === 'object'
  )
}

const RequestSchema = v.looseObject({
  model: optional(ModelName),
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
      v.lazy((tool) => {
        const { type } = (tool ?? {}) as { type?: unknown }
        if (type === 'function') return FunctionTool
        if (type === 'custom') return CustomTool
        return type === undefined && isNamedByKey(tool) ? ToolNamedByKey : NativeTool
      }),
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
