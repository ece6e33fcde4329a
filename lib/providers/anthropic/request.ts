import { createHash } from 'node:crypto'
import type { ChatRequest } from '../../types/chat.ts'
import { maxTokens, refuseSeveralAnswers, stopList } from '../content.ts'
import { isObject, object } from '../json.ts'
import { nativeFields } from '../native-fields.ts'
import { type AnswerForm, answerForm } from './answer.ts'
import { conversation } from './messages.ts'
import { modelFor } from './models.ts'
import { openTurnThinks, thinkingFor } from './thinking.ts'
import { keepsThinking, toolPlan } from './tools.ts'
import type { MessageParam, MessagesBody, TextBlock, ToolParam } from './wire.ts'

/** Sampling parameters are refused from this version of the API on, even at their defaults. */
const NO_SAMPLING_SINCE = '2026-10-21'

/** The limit where the model's own is unknown. */
const DEFAULT_MAX_TOKENS = 4096

/** The API refuses more. */
const MAX_CACHE_BREAKPOINTS = 4

const SERVICE_TIERS = new Map<unknown, 'auto' | 'standard_only'>([
  ['auto', 'auto'],
  ['default', 'standard_only'],
])

export interface BodyOptions {
  /** The `anthropic-version` that goes with the body, in the form of any host (`bedrock-2023-05-31`). */
  version: string
  /** Whether the host takes `system` turns inside `messages`, from models that do. Default: true. */
  systemTurns?: boolean
}

/**
 * The Messages request. Bedrock and Vertex send the same without `model` (Bedrock: and without `stream`), with
 * `anthropic_version`. Throws RequestError for what Anthropic cannot serve.
 */
export function anthropicBody(request: ChatRequest, { version, systemTurns = true }: BodyOptions): MessagesBody {
  refuseSeveralAnswers(request, 'Anthropic')
  const model = modelFor(request.model)
  const ceiling = model.maxOutput ?? Number.POSITIVE_INFINITY
  const limit = Math.min(maxTokens(request) ?? model.maxOutput ?? DEFAULT_MAX_TOKENS, ceiling)
  const answer = answerForm(request, model)

  const converse = (thinks: boolean) =>
    conversation(request.messages, {
      systemTurns: systemTurns && model.systemTurns,
      replayThinking: thinks && keepsThinking(request),
    })
  const { thinking: adapted, effort } = thinkingFor(effortFor(request, answer), model, limit)
  let thinking = givenThinking(request) ?? adapted
  let thinks = thinking === undefined ? model.thinksByDefault : thinking.type !== 'disabled'
  let { system, messages } = converse(thinks)
  if (thinking?.type === 'enabled' && !openTurnThinks(messages)) {
    thinking = undefined
    thinks = false
    messages = converse(thinks).messages
  }

  const { tools, choice } = toolPlan(request, model, model.forcedTools && thinking?.type !== 'enabled', answer)
  if (answer?.type === 'instruction') system.push({ type: 'text', text: answer.text })
  // A mark at the top takes one of their places.
  const places = MAX_CACHE_BREAKPOINTS - (request.cache_control == null ? 0 : 1)
  keepLastBreakpoints(places, tools, system, messages)

  const format = answer?.type === 'native' ? { type: 'json_schema' as const, schema: answer.schema } : undefined
  const stop = stopList(request)?.filter((sequence) => sequence.trim() !== '')
  const tier = SERVICE_TIERS.get(request.service_tier)
  const user = request.safety_identifier ?? request.user
  return {
    model: request.model,
    max_tokens: limit,
    ...(system.length > 0 && { system }),
    messages,
    ...(tools.length > 0 && { tools }),
    ...(choice && { tool_choice: choice }),
    ...(thinking && { thinking }),
    ...outputConfig(request, { ...(effort && { effort }), ...(format && { format }) }),
    ...(model.sampling && !thinks && version.slice(-10) < NO_SAMPLING_SINCE && sampling(request)),
    ...(stop?.length && { stop_sequences: stop }),
    ...(user && { metadata: { user_id: opaqueId(user) } }),
    ...(tier && { service_tier: tier }),
    ...nativeFields(request, NATIVE_FIELDS),
    stream: true,
  }
}

/**
 * Anthropic's own fields that pass as they are. `thinking` and `output_config` are read, and pass as far as they do not contradict
 * the rest. Source: @anthropic-ai/sdk `MessageCreateParams`.
 */
export const NATIVE_FIELDS = [
  'context_management',
  'container',
  'mcp_servers',
  'cache_control',
  'inference_geo',
  'speed',
]

/** The client's own `thinking`, which comes before `reasoning_effort`. */
function givenThinking({ thinking }: ChatRequest): MessagesBody['thinking'] {
  return isObject(thinking) && typeof thinking.type === 'string' ? (thinking as MessagesBody['thinking']) : undefined
}

function outputConfig(
  request: ChatRequest,
  ours: NonNullable<MessagesBody['output_config']>,
): Pick<MessagesBody, 'output_config'> {
  const config = { ...ours, ...object(request.output_config) }
  return Object.keys(config).length > 0 ? { output_config: config } : {}
}

/** The answer tool must be forced, and thinking that is asked for does not go with that. */
function effortFor(
  { reasoning_effort: effort }: ChatRequest,
  answer: AnswerForm | undefined,
): string | null | undefined {
  return answer?.type === 'tool' && effort !== 'none' ? undefined : effort
}

/** Temperature ends at 1, and goes alone: recent models refuse it beside `top_p`. */
function sampling({ temperature, top_p, top_k }: ChatRequest): Pick<MessagesBody, 'temperature' | 'top_p' | 'top_k'> {
  return {
    ...(temperature != null ? { temperature: Math.min(temperature, 1) } : top_p != null && { top_p }),
    ...(top_k != null && { top_k }),
  }
}

/** An e-mail address, or a telephone number as people write them. */
const PERSONAL = /\S@[^\s@]+\.\S|^(?=.*[+\s()-])\+?[\d\s().-]{7,}$/

/** The API refuses an id that names a person, and asks for a hash in its place. Source: BerriAI/litellm#10106. */
function opaqueId(user: string): string {
  return PERSONAL.test(user) ? createHash('sha256').update(user).digest('hex') : user
}

/** Leaves out what is too much from the front: the last breakpoints cover the longest prefixes. */
function keepLastBreakpoints(places: number, tools: ToolParam[], system: TextBlock[], messages: MessageParam[]): void {
  const blocks = [...tools, ...system, ...messages.flatMap<object>(({ content }) => content)]
  const marked = blocks.filter((block) => 'cache_control' in block)
  for (const block of marked.slice(0, -places)) delete block.cache_control
}
