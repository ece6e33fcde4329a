import type { ChatRequest } from '../../types/chat.ts'
import { rowsOf } from '../model-table.ts'
import { nearestEffort } from './efforts.ts'
import { without } from './fields.ts'
import { OPENAI_MODELS, type OpenAIModelRow } from './model-rules.ts'

/** A fine-tuned model has its base's name in its own. */
const TUNED = /^ft:/

/** Names that only OpenAI gives. */
const OWN = /^(ft:)?(gpt-(?!oss)|o\d+(-|$)|chatgpt-|codex-|computer-use-|davinci|babbage)/

/** Whether OpenAI made the model; other makers' models are served in its form by many hosts. */
export function isOwnModel(model: string): boolean {
  return OWN.test(model)
}

/** The request with what `model` refuses left out, its limit and its effort as `model` knows them. */
export function fitModel(request: ChatRequest, model: string): ChatRequest {
  const rows = rowsOf(OPENAI_MODELS, model.replace(TUNED, ''))
  const last = <Key extends keyof OpenAIModelRow>(key: Key) => rows.findLast((row) => row[key] !== undefined)?.[key]
  const { max_completion_tokens: newer, max_tokens: older, tools } = request
  const renamed = last('completionLimit') === true || newer != null
  const limit = newer ?? older
  const effort = effortFor(request, last('efforts'), last('toolsUnreasoned'))

  const refused = rows.flatMap(({ refuses = [] }) => refuses).filter((name) => name !== 'n' || request.n === 1)
  const samples = last('samples')
  if (samples === 'never' || (samples === 'unreasoned' && effort !== 'none')) refused.push('temperature', 'top_p')
  if (renamed) refused.push('max_tokens')
  if (!tools?.length) refused.push('parallel_tool_calls')
  if (effort === undefined) refused.push('reasoning_effort')

  return {
    ...(without(request, refused) as ChatRequest),
    ...(renamed && limit != null && { max_completion_tokens: limit }),
    ...(effort !== undefined && effort !== request.reasoning_effort && { reasoning_effort: effort }),
  }
}

function effortFor(
  { tools, reasoning_effort: asked }: ChatRequest,
  efforts: readonly string[] | undefined,
  toolsUnreasoned: boolean | undefined,
): string | undefined {
  if (toolsUnreasoned && tools?.some(({ type }) => type === 'function')) return 'none'
  if (asked == null) return undefined
  return efforts === undefined ? asked : nearestEffort(efforts, asked)
}
