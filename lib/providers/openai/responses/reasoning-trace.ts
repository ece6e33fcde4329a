import { count, type Json, objects, text } from '../../json.ts'

/**
 * The start of the model's turn, up to a tool call: encrypted reasoning, and how many characters of text came between. The text
 * itself comes back with the message. Without its reasoning a model begins to think anew after each call.
 */
export type ReasoningTrace = readonly (ReasoningStep | TextStep)[]

export interface ReasoningStep {
  readonly type: 'reasoning'
  readonly id: string
  readonly encrypted_content: string
  readonly summary: readonly { type: 'summary_text'; text: string }[]
}

export interface TextStep {
  readonly text: number
  /** OpenAI wants it back: `commentary` or `final_answer`. */
  readonly phase?: string | undefined
}

/** Follows the items of one response, to give each tool call the trace that must come back with it. */
export interface ReasoningTracer {
  /** A reasoning item, done. */
  reasoning(item: Json): void
  text(characters: number, phase?: string): void
  /** An item that cannot be sent back: the reasoning before it would be refused without it. */
  gap(): void
  /** The state of the call that begins here, and the same without summaries; nothing if there is nothing to send back. */
  call(): { state?: string; lessState?: string }
  /** Characters of what is kept. */
  kept(): number
}

/** Only who made it can read it, so the state says whose it is. */
const MARK = 'openai-responses'

/** In characters; far more than comes back in a call's id. What is longer is left out, and the model does without. */
const MOST = 256 * 1024

export function reasoningTracer(owner: string): ReasoningTracer {
  let steps: (ReasoningStep | TextStep)[] = []
  let size = 0
  let called = false
  return {
    reasoning(item) {
      const step = reasoningStep(item)
      if (step === undefined) return
      size += JSON.stringify(step).length
      steps = size > MOST ? [] : [...steps, step]
    },
    text(characters, phase) {
      // All text goes back in front of the first call.
      if (called) return
      const last = steps.at(-1)
      if (last !== undefined && 'text' in last && last.phase === phase) {
        steps[steps.length - 1] = { text: last.text + characters, phase }
      } else steps.push({ text: characters, phase })
    },
    gap() {
      steps = steps.filter((step) => 'text' in step)
    },
    call() {
      const kept = steps
      steps = []
      size = 0
      called = true
      if (!kept.some((step) => !('text' in step) || step.phase !== undefined)) return {}
      const written = (trace: ReasoningTrace) => `${MARK}:${owner}:${JSON.stringify(trace)}`
      const bare = kept.map((step) => ('text' in step ? step : { ...step, summary: [] }))
      return { state: written(kept), lessState: written(bare) }
    },
    kept: () => size,
  }
}

/** Far more steps than a model makes before one call. */
const MAX_STEPS = 1000

/** The trace in a call's state; empty if another endpoint or provider made it, or if it was made up. */
export function reasoningTrace(state: string | undefined, owner: string): ReasoningTrace {
  const own = `${MARK}:${owner}:`
  if (!state?.startsWith(own)) return []
  try {
    const steps = objects(JSON.parse(state.slice(own.length)))
    return steps.slice(0, MAX_STEPS).flatMap((step) => reasoningStep(step) ?? textStep(step) ?? [])
  } catch {
    return []
  }
}

function reasoningStep(item: Json): ReasoningStep | undefined {
  const id = text(item.id)
  const encrypted = text(item.encrypted_content)
  if (item.type !== 'reasoning' || encrypted === '') return undefined
  const summary = objects(item.summary).map((part) => ({ type: 'summary_text' as const, text: text(part.text) }))
  return { type: 'reasoning', id, encrypted_content: encrypted, summary }
}

function textStep(step: Json): TextStep | undefined {
  const characters = count(step.text)
  if (characters === undefined) return undefined
  const phase = text(step.phase)
  return { text: characters, ...(phase !== '' && { phase }) }
}
