import type { ModelRow } from '../model-table.ts'

/** What models of a name have in common; the last row that fits a name counts. */
export interface GroqModelRow extends ModelRow {
  /** Levels of `reasoning_effort`; left out: the parameter is refused. */
  readonly efforts?: readonly string[]
  /** Whether thoughts stand in the text, as `<think>…</think>`, where `reasoning_format` does not ask for them apart. */
  readonly thinksAloud?: boolean
  /** Whether tools of Groq's own run on the server. */
  readonly nativeTools?: readonly string[]
}

/** Groq's models that reason: they alone take `reasoning` in the history. Source of all but where a row says else: groq-sdk 1.6.0. */
const SDK = { source: 'groq-sdk 1.6.0, chat/completions.ts', date: '2026-11-01' }

export const GROQ_MODELS: readonly GroqModelRow[] = [
  {
    models: /gpt-oss/,
    efforts: ['low', 'medium', 'high'],
    nativeTools: ['browser_search', 'code_interpreter'],
    ...SDK,
  },
  { models: /qwen-?3/, efforts: ['none', 'default'], thinksAloud: true, ...SDK },
  {
    models: /qwen3\.8/,
    efforts: ['none', 'default', 'low', 'medium', 'high'],
    thinksAloud: true,
    source: 'earendil-works/pi#3764',
    date: '2026-04-26',
  },
  { models: /qwq|deepseek-r1/, thinksAloud: true, ...SDK },
  { models: /deepseek(?!-r1)/, ...SDK },
]
