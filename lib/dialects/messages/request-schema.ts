import * as v from 'valibot'
import { checkBody } from '../check-body.ts'
import { ModelName } from '../model-name.ts'

/**
 * Throws RequestError with the path of what is wrong with a Messages request. Fields, blocks and tools that are not known here
 * pass unchecked: they are for a provider that speaks the same. `limit`: whether `max_tokens` is demanded.
 */
export function checkRequest(body: unknown, limit: 'max_tokens' | 'none'): void {
  const schema = limit === 'none' ? CountSchema : RequestSchema
  checkBody(schema, body)
}

const optional = <S extends v.GenericSchema>(schema: S) => v.nullish(schema)
const Text = v.string()
const Other = v.looseObject({ type: v.string() })

const JsonObject = v.custom<Record<string, unknown>>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'must be an object',
)
const TextBlock = v.looseObject({ type: v.string(), text: v.string() })

const ImageSource = v.variant('type', [
  v.looseObject({ type: v.literal('base64'), media_type: v.string(), data: v.string() }),
  v.looseObject({ type: v.literal('url'), url: v.string() }),
  v.looseObject({ type: v.literal('file'), file_id: v.string() }),
])
const Image = v.looseObject({ source: ImageSource })

type BlockSchemas = Readonly<Record<string, v.GenericSchema>>

const DocumentSource = v.variant('type', [
  ...ImageSource.options,
  v.looseObject({ type: v.literal('text'), data: v.string() }),
  v.looseObject({ type: v.literal('content'), content: contentOf({ text: TextBlock, image: Image }) }),
])
const BLOCKS_IN_RESULTS: BlockSchemas = {
  text: TextBlock,
  image: Image,
  document: v.looseObject({
    source: DocumentSource,
    title: optional(v.string()),
    context: optional(v.string()),
    citations: optional(v.looseObject({ enabled: optional(v.boolean()) })),
  }),
  search_result: v.looseObject({ source: v.string(), title: v.string(), content: v.array(TextBlock) }),
  tool_reference: v.looseObject({ tool_name: v.string() }),
}

/** The fields that are read, by the type of block. */
const BLOCKS: BlockSchemas = {
  ...BLOCKS_IN_RESULTS,
  tool_use: v.looseObject({ id: v.string(), name: v.string(), input: JsonObject }),
  tool_result: v.looseObject({
    tool_use_id: v.string(),
    content: optional(contentOf(BLOCKS_IN_RESULTS)),
    is_error: optional(v.boolean()),
  }),
  thinking: v.looseObject({ thinking: v.string(), signature: optional(v.string()) }),
  redacted_thinking: v.looseObject({ data: v.string() }),
}

/** Text, or blocks of these types and any other. A union would report only that neither fits, not which block is wrong. */
function contentOf(known: BlockSchemas): v.GenericSchema {
  const Block = v.lazy((block) => {
    const { type } = (block ?? {}) as { type?: unknown }
    return typeof type === 'string' && Object.hasOwn(known, type) ? (known[type] ?? Other) : Other
  })
  const Blocks = v.array(Block, 'must be a string or an array of blocks')
  return v.lazy((content) => (typeof content === 'string' ? Text : Blocks))
}

const Message = v.looseObject({ role: v.picklist(['user', 'assistant', 'system']), content: contentOf(BLOCKS) })

const OwnTool = v.looseObject({ name: v.string(), description: optional(v.string()), input_schema: JsonObject })
const Tool = v.lazy((tool) => {
  const { type } = (tool ?? {}) as { type?: unknown }
  return type == null || type === 'custom' ? OwnTool : Other
})

const TextBlocks = v.array(TextBlock, 'must be a string or an array of text blocks')

const CountSchema = v.looseObject({
  model: ModelName,
  messages: v.pipe(v.array(Message), v.nonEmpty('must not be empty')),
  system: optional(v.lazy((system) => (typeof system === 'string' ? Text : TextBlocks))),
  tools: optional(v.array(Tool)),
  tool_choice: optional(
    v.variant('type', [
      v.looseObject({ type: v.picklist(['auto', 'any', 'none']), disable_parallel_tool_use: optional(v.boolean()) }),
      v.looseObject({
        type: v.literal('tool'),
        name: v.string(),
        disable_parallel_tool_use: optional(v.boolean()),
      }),
    ]),
  ),
  thinking: optional(v.looseObject({ type: v.string(), budget_tokens: optional(v.number()) })),
  output_config: optional(
    v.looseObject({
      effort: optional(v.string()),
      format: optional(v.looseObject({ type: v.string(), schema: optional(JsonObject) })),
    }),
  ),
  output_format: optional(v.looseObject({ type: v.string(), schema: optional(JsonObject) })),
})

const RequestSchema = v.looseObject({
  ...CountSchema.entries,
  max_tokens: v.pipe(v.number(), v.integer(), v.minValue(1, 'must be at least 1')),
  stream: optional(v.boolean()),
  temperature: optional(v.number()),
  top_p: optional(v.number()),
  top_k: optional(v.number()),
  stop_sequences: optional(v.array(v.string())),
  metadata: optional(v.looseObject({ user_id: optional(v.string()) })),
  service_tier: optional(v.string()),
})
