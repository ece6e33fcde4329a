import { object, text } from '../json.ts'
import type { ThinkingBlock } from './wire.ts'

/**
 * The start of the model's turn, up to a tool call: thinking blocks, and how many characters of text lay between them.
 * The text itself comes back with the message.
 */
export type ThinkingTrace = (ThinkingBlock | number)[]

/** Follows the blocks of one message, to give each tool call the trace that must come back with it. */
export interface ThinkingTracer {
  thinking(block: ThinkingBlock): void
  text(length: number): void
  /** A block that cannot be sent back: what follows has lost its place. */
  gap(): void
  /** Characters of the trace. */
  kept(): number
  /** The state of the tool call that begins here; undefined if there is nothing to send back. */
  call(): string | undefined
}

export function thinkingTracer(): ThinkingTracer {
  let trace: ThinkingTrace = []
  let characters = 0
  let broken = false
  let called = false
  let kept = 0
  return {
    thinking(block) {
      if (broken) return
      if (characters > 0) trace.push(characters)
      characters = 0
      trace.push(block)
      kept += JSON.stringify(block).length
    },
    text(length) {
      // All text goes back in front of the first call.
      if (called && length > 0) broken = true
      characters += length
    },
    gap() {
      broken = true
      trace = []
      kept = 0
    },
    kept: () => kept,
    call() {
      const state = broken || trace.length === 0 ? undefined : JSON.stringify(trace)
      trace = []
      kept = 0
      characters = 0
      called = true
      return state
    },
  }
}

/** Far more blocks than a model thinks in before one call. */
const MAX_STEPS = 1000

/** The trace in a tool call's state; empty if the state is another provider's, or made up to keep us busy. */
export function thinkingTrace(state: string | undefined): ThinkingTrace {
  if (state === undefined) return []
  try {
    const parsed: unknown = JSON.parse(state)
    return Array.isArray(parsed) && parsed.length <= MAX_STEPS && parsed.every(isStep) ? parsed : []
  } catch {
    return []
  }
}

function isStep(value: unknown): value is ThinkingTrace[number] {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value > 0
  const block = object(value)
  if (block.type === 'redacted_thinking') return text(block.data) !== ''
  return block.type === 'thinking' && typeof block.thinking === 'string' && text(block.signature) !== ''
}
