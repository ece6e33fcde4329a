import { isDeepStrictEqual } from 'node:util'
import { type Meaning, squeezed } from './targets.ts'

/** What may have come of a case. */
export type Verdict = 'whole' | 'restarted' | 'error in the stream' | 'HTTP error'

export class Violation extends Error {}

export function demand(condition: boolean, rule: string): asserts condition {
  if (!condition) throw new Violation(rule)
}

/** What a client ended up with, and takes for whole. */
export interface Told {
  text: string
  reasoning: string
  calls: { name: string; arguments: string }[]
  finish: string | null
}

/** Throws Violation unless it is one of the right answers. `exact`: also the reasoning and the first blanks are those of it. */
export function match(told: Told, meanings: readonly Meaning[], exact: boolean): void {
  const texts = meanings.filter((meaning) => sameText(told.text, meaning, exact))
  demand(texts.length > 0, "the text is nobody's answer")
  const calls = texts.filter((meaning) => isDeepStrictEqual(told.calls.map(parsed), meaning.calls.map(parsed)))
  demand(calls.length > 0, `the calls are nobody's: ${JSON.stringify(told.calls)}`)
  const ends = calls.filter(({ finish }) => finish === told.finish)
  demand(ends.length > 0, `the finish reason is nobody's: ${told.finish}`)
  if (exact)
    demand(
      ends.some(({ reasoning }) => reasoning === told.reasoning),
      "the reasoning is nobody's",
    )
}

function sameText(text: string, { text: meant, blanks }: Meaning, exact: boolean): boolean {
  if (blanks === 'exact') return exact ? text === meant : text.trimStart() === meant.trimStart()
  if (blanks === 'aside') return squeezed(text) === squeezed(meant)
  return text.trimEnd().replaceAll(/\s+/g, ' ') === meant.trimEnd().replaceAll(/\s+/g, ' ')
}

function parsed({ name, arguments: text }: { name: string; arguments: string }): unknown {
  return { name, arguments: JSON.parse(text) as unknown }
}
