/** OpenAI's ladder of reasoning efforts. */
const LADDER: readonly string[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']

/**
 * The nearest of a model's efforts; undefined where there is none or the one asked for is on no ladder. A model that is to
 * reason does, if it can, be it by its `default`; of two that are as near it is the lower one.
 */
export function nearestEffort(efforts: readonly string[], asked: string): string | undefined {
  if (efforts.includes(asked)) return asked
  const at = LADDER.indexOf(asked)
  const known = at === -1 ? [] : LADDER.filter((step) => efforts.includes(step))
  const reasoning = asked === 'none' ? [] : known.filter((step) => step !== 'none')
  if (at > 0 && reasoning.length === 0 && efforts.includes('default')) return 'default'
  const steps = reasoning.length > 0 ? reasoning : known
  const distance = (step: string) => Math.abs(LADDER.indexOf(step) - at)
  return steps.toSorted((a, b) => distance(a) - distance(b))[0]
}

/** The same for those who know three steps of it. `none` is theirs to say. */
export const THREE_EFFORTS: ReadonlyMap<string, string> = new Map([
  ['minimal', 'low'],
  ['low', 'low'],
  ['medium', 'medium'],
  ['high', 'high'],
  ['xhigh', 'high'],
  ['max', 'high'],
])
