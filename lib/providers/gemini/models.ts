import type { ThinkingConfig } from './wire.ts'

/**
 * The generation of a model, from its name: 2.5, 3, 3.1 … Names without it, such as `gemini-flash-latest`, are
 * the newest (Infinity); 0 is anything but a Gemini: Gemma, tuned models. Source: @ai-sdk/google `google-model-catalog`.
 */
export function generation(model: string): number {
  const name = /(?:^|\/)gemini-(?:(\d+(?:\.\d+)?)|pro(?:-vision)?$|robotics-er-1\.5)?/i.exec(model)
  if (name === null) return 0
  if (name[1] !== undefined) return Number(name[1])
  return name[0].endsWith('gemini-') ? Number.POSITIVE_INFINITY : 1
}

/** Whether the model goes on with a last turn of its own. */
export function continuesText(model: string): boolean {
  return /gemini-/.test(model)
}

/** Gemma takes no system instruction. */
export function isGemma(model: string): boolean {
  return /(?:^|\/)gemma-/i.test(model)
}

/**
 * The amount of thinking for a `reasoning_effort`; undefined for models that do not think, or not on demand. Generation 3 takes a
 * level and cannot be stopped from thinking, 2.5 takes a budget of tokens. Sources: @ai-sdk/google `google-model-catalog`,
 * ai.google.dev/gemini-api/docs/thinking.
 */
export function thinkingConfig(model: string, effort: string | null | undefined): ThinkingConfig | undefined {
  if (effort == null) return undefined
  const thinks = generation(model) >= 2.5 && !/2\.5-.*(?:image|tts|native-audio)/i.test(model)
  const asked = EFFORTS.indexOf(effort)
  if (!thinks || asked === -1) return undefined
  const shown = effort === 'none' ? {} : { includeThoughts: true as const }
  if (generation(model) >= 3 && !/gemini-3-pro-image/i.test(model)) {
    return { thinkingLevel: level(model, asked), ...shown }
  }
  return { thinkingBudget: budget(model, effort), ...shown }
}

const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']

function level(model: string, asked: number): string {
  const hydrogen = /gemini-4-hydrogen/i.test(model)
  const lowest = hydrogen || lacksMinimal(model) ? 2 : 1
  const highest = hydrogen ? 5 : 4
  return EFFORTS[Math.min(Math.max(asked, lowest), highest)] as string
}

/** True of generation 3 and later: every pro, and flash from 3.7 on, but not flash-lite. */
function lacksMinimal(model: string): boolean {
  if (/gemini-flash-latest/i.test(model)) return true
  if (/gemini-(?:[\d.]+-)?pro/i.test(model)) return true
  return generation(model) >= 3.7 && /gemini-\d+\.\d+-flash(?!-lite)/i.test(model)
}

const BUDGETS: Record<string, number> = { none: 0, minimal: 1024, low: 2048, medium: 8192, high: 16_384 }

function budget(model: string, effort: string): number {
  const pro = /-pro/i.test(model)
  const most = pro ? 32_768 : 24_576
  return Math.max(BUDGETS[effort] ?? most, /2\.5-pro/i.test(model) ? 128 : 0)
}
