import type { ChatRequest } from '../../types/chat.ts'
import type { Json } from '../json.ts'
import { rowsOf } from '../model-table.ts'
import { nearestEffort } from '../openai/efforts.ts'
import { MISTRAL_MODELS } from './model-rules.ts'

export function thinks(model: string): boolean {
  const { efforts, promptMode } = rowsOf(MISTRAL_MODELS, model).at(-1) ?? {}
  return efforts !== undefined || promptMode === true
}

/** Whether words and calls of the assistant are turns of their own. */
export function wantsTurnsApart(model: string): boolean {
  return rowsOf(MISTRAL_MODELS, model).at(-1)?.apart === true
}

/** The fields that make `model` think; none for models that would refuse them. */
export function reasoningFields({ model, reasoning_effort: asked, prompt_mode: mode }: ChatRequest): Json {
  const { efforts, promptMode } = rowsOf(MISTRAL_MODELS, model).at(-1) ?? {}
  const effort = asked == null ? undefined : nearestEffort(efforts ?? [], asked)
  if (effort !== undefined) return { reasoning_effort: effort }
  if (!promptMode) return {}
  // null is a value of this field: no instructions to think.
  if (mode !== undefined) return { prompt_mode: mode }
  return asked == null ? {} : { prompt_mode: asked === 'none' ? null : 'reasoning' }
}
