import type { ChatRequest } from '../../types/chat.ts'
import { isFunctionTool } from '../content.ts'
import { object } from '../json.ts'
import { jsonInstruction } from '../json-instruction.ts'
import { objectRoot } from '../schema-root.ts'
import { type Model, modelFor } from './models.ts'
import { nativeSchema } from './schema.ts'
import { isForced, toolChoiceOf } from './tool-choice.ts'
import type { FunctionToolParam, JsonSchema } from './wire.ts'

/** The tool whose input is the answer, for models that enforce no schema. */
export const ANSWER_TOOL = 'json'

/** The means by which the model answers in the form of `response_format`. */
export type AnswerForm =
  | { type: 'native'; schema: JsonSchema }
  | { type: 'tool'; tool: FunctionToolParam }
  | { type: 'instruction'; text: string }

/** undefined: the answer is free text. */
export function answerForm(request: ChatRequest, model: Model): AnswerForm | undefined {
  const format = request.response_format
  if (format?.type === 'json_object') return instruction(request)
  if (format?.type !== 'json_schema') return undefined
  const { schema, description } = format.json_schema
  if (schema === undefined) return instruction(request)

  const native = model.nativeSchema ? nativeSchema(schema) : undefined
  if (native !== undefined) return { type: 'native', schema: native }
  const taken = request.tools?.some((tool) => isFunctionTool(tool) && tool.function.name === ANSWER_TOOL)
  if (!model.forcedTools || taken || thinksOnBudget(request)) return instruction(request)
  // A forced call of another tool leaves no place for an answer.
  if (isForced(toolChoiceOf(request).mode)) return undefined
  return {
    type: 'tool',
    tool: {
      name: ANSWER_TOOL,
      description: description ?? 'Respond with a JSON object.',
      input_schema: objectRoot(schema),
    },
  }
}

function instruction(request: ChatRequest): AnswerForm {
  return { type: 'instruction', text: jsonInstruction(request) }
}

/** Thinking that the client asks for in Anthropic's words goes with no forced tool. */
function thinksOnBudget({ thinking }: ChatRequest): boolean {
  return object(thinking).type === 'enabled'
}

/** Whether the answer comes as the input of the tool `json`. */
export function answersThroughTool(request: ChatRequest): boolean {
  return answerForm(request, modelFor(request.model))?.type === 'tool'
}
