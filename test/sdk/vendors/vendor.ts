import type { Called, Tool } from '../systems/system.ts'

/** What a provider's own SDK has read of an answer. */
export interface Told {
  reasoning: string
  text: string
  calls: Called[]
  /** In the provider's words. */
  finish: string | null | undefined
  /** Of the input and of the output. */
  tokens: (number | undefined)[]
}

/** Asks one question and offers one tool, through the SDK that the provider itself publishes. */
export type Vendor = (url: string, question: { model: string; user: string; tool: Tool }) => Promise<Told>

export function nothingYet(): Told {
  return { reasoning: '', text: '', calls: [], finish: undefined, tokens: [] }
}

export function asFunction({ name, description, parameters }: Tool) {
  return {
    type: 'function' as const,
    function: { name, description, parameters: parameters as Record<string, unknown> },
  }
}
