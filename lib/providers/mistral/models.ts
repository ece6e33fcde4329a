import type { ChatRequest } from '../../types/chat.ts'
import type { Json } from '../json.ts'

/** Models whose thinking is asked for by `reasoning_effort`. Source: docs.mistral.ai, "Reasoning". */
const ADJUSTABLE = /^mistral-(small-(latest|4|26\d\d)|medium-(latest|3[.-]5|26\d\d)|large-4)/
/** Models that always think; `prompt_mode` asks them to. */
const NATIVE = /^magistral/

export function thinks(model: string): boolean {
  return ADJUSTABLE.test(model) || NATIVE.test(model)
}

/** The fields that make `model` think; none for models that would refuse them. */
export function reasoningFields({ model, reasoning_effort: effort, prompt_mode: mode }: ChatRequest): Json {
  if (effort != null && ADJUSTABLE.test(model)) return { reasoning_effort: effort === 'max' ? 'xhigh' : effort }
  if (!NATIVE.test(model)) return {}
  // null is a value of this field: no instructions to think.
  if (mode !== undefined) return { prompt_mode: mode }
  return effort == null ? {} : { prompt_mode: effort === 'none' ? null : 'reasoning' }
}
