import type { ChatRequest } from '../../types/chat.ts'
import { answersThroughTool } from '../anthropic/tools.ts'
import { enforcesSchema, familyOf } from './models.ts'

/** The tool whose input is the answer, for models that take a schema in no other way; Claude's has the same name. */
export const ANSWER_TOOL = 'json'

/** The means by which a model other than Claude answers in JSON: its own, a forced tool, or an instruction. */
export function jsonForm(request: ChatRequest): 'native' | 'tool' | 'instruction' | undefined {
  const format = request.response_format
  if (format == null || format.type === 'text') return undefined
  if (format.type === 'json_object' || format.json_schema.schema === undefined) return 'instruction'
  if (enforcesSchema(request.model)) return 'native'
  const thinks = request.reasoning_effort != null && request.reasoning_effort !== 'none'
  const canForce = familyOf(request.model).startsWith('nova')
  return canForce && !thinks && !request.tools?.length ? 'tool' : 'instruction'
}

/** Whether the answer comes as the input of the tool `json`: the stream must know what the request asked for. */
export function comesThroughTool(request: ChatRequest): boolean {
  return familyOf(request.model) === 'claude' ? answersThroughTool(request) : jsonForm(request) === 'tool'
}
