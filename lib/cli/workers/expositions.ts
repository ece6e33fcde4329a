/**
 * Several texts in Prometheus' format as one: each family once, with one HELP and one TYPE, and below them the samples of all.
 * A series that several have, by name and labels, is taken from the first: twice, it would spoil the whole scrape.
 */
export function joinExpositions(texts: readonly string[]): string {
  const families = new Map<string, Family>()
  const familyOf = (name: string) => {
    const family = families.get(name) ?? { about: new Map(), samples: new Map() }
    families.set(name, family)
    return family
  }

  for (const text of texts) {
    let current = ''
    for (const line of text.split('\n')) {
      const [, kind, name] = /^# (HELP|TYPE|UNIT) (\S+)/.exec(line) ?? []
      if (kind !== undefined && name !== undefined) {
        current = name
        setOnce(familyOf(name).about, kind, line)
        continue
      }
      const [series, sample] = SAMPLE.exec(line) ?? []
      if (series === undefined || sample === undefined) continue
      if (!belongsTo(current, sample)) current = sample
      setOnce(familyOf(current).samples, series, line)
    }
  }
  const lines = [...families.values()].flatMap(({ about, samples }) => [
    ...[...about.values()].sort(),
    ...samples.values(),
  ])
  return lines.map((line) => `${line}\n`).join('')
}

interface Family {
  /** HELP, TYPE and UNIT. */
  readonly about: Map<string, string>
  /** By name and labels. */
  readonly samples: Map<string, string>
}

/** A series, and the sample's name in it. A label's value may hold any character, quotes and backslashes escaped. */
const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\})?/

function belongsTo(family: string, sample: string): boolean {
  return (
    sample === family ||
    (sample.startsWith(family) && /^_(bucket|sum|count|total|created)$/.test(sample.slice(family.length)))
  )
}

function setOnce<K, V>(map: Map<K, V>, key: K, value: V): void {
  if (!map.has(key)) map.set(key, value)
}
