import type { ModelRow } from '../model-table.ts'

/** How models of a name are asked to think; the last row that fits a name counts. */
export interface MistralModelRow extends ModelRow {
  /** Levels of `reasoning_effort`. */
  readonly efforts?: readonly string[]
  /** Whether the model always thinks, and `prompt_mode` is what it knows. */
  readonly promptMode?: boolean
  /** Whether a turn of the assistant's holds either words or calls. */
  readonly apart?: boolean
}

/** Mistral's models that think, others refuse to be asked for it; and those whose conversations have rules of their own. */
export const MISTRAL_MODELS: readonly MistralModelRow[] = [
  {
    models: /^mistral-(small-(latest|4|26\d\d)|medium-(latest|3[.-]5|26\d\d)|large-4)/,
    efforts: ['none', 'high'],
    source: 'architects-toolkit/SmartHopper#647, withceleste/celeste-python#311, vercel/ai#13688',
    date: '2026-03-20',
  },
  {
    models: /^(zai-)?glm-5/,
    efforts: ['low', 'high', 'max'],
    source: 'mistralai/mistral-vibe#1117',
    date: '2026-09-21',
  },
  {
    models: /^(open-|mistral-(tiny|(small|medium|large)-2[34]0))/,
    apart: true,
    source: 'mistral-common 1.13.1, protocol/instruct/validator.py, MistralRequestValidatorV3',
    date: '2026-11-29',
  },
  { models: /^magistral/, promptMode: true, source: 'docs.mistral.ai, Reasoning', date: '2026-11-01' },
]
