import * as v from 'valibot'
import { closed, type Optional, optional, type Table } from './closed.ts'
import type { Report } from './problems.ts'
import { read } from './read.ts'
import { FIELDS, OWN, PROVIDERS, REQUEST, SETTINGS, TARGET, unknownKeyOf } from './schema.ts'
import { isRecord, must, weight, word } from './values.ts'

/**
 * The schemas of a config's levels: one for each provider and one for a group of targets, at the top and further in. What
 * stands in `targets` and in `strategy` is read by a schema of its own, level by level, which bounds how deep that goes.
 */

const elsewhere = (definition: string) => v.pipe(v.unknown(), v.metadata({ $ref: `#/$defs/${definition}` }))
const strategy = elsewhere('strategy')
/** Where there are no targets; resolve.ts says so. */
const noStrategy = v.pipe(v.unknown(), v.metadata({ not: {} }))
const targets = v.pipe(v.array(elsewhere('target'), must('an array')), v.minLength(1, 'must not be empty'))

interface Levels {
  readonly group: v.GenericSchema
  /** By the name of the provider. */
  readonly targets: ReadonlyMap<string, v.GenericSchema>
  /** Of a provider that is the application's own, or of none. */
  readonly anyTarget: v.GenericSchema
}

function levelsOf(place: Table): Levels {
  const common = { ...OWN, ...SETTINGS, ...place }
  const unknownKey = unknownKeyOf([
    'strategy',
    'targets',
    'provider',
    ...Object.keys({ ...TARGET, ...common, ...FIELDS }),
  ])
  const refuseInGroup = (key: string) =>
    key === 'provider' || Object.hasOwn(TARGET, key)
      ? 'cannot stand beside targets, put it into each target'
      : unknownKey(key)
  const refuseIn = (provider: string) => (key: string) => {
    if (!Object.hasOwn(FIELDS, key)) return unknownKey(key)
    return `is not a field of ${provider}, only of ${providersWith(key).join(' and ')}`
  }
  const ofProvider = ([name, fields]: [string, Table]): [string, v.GenericSchema] => [
    name,
    closed(
      { provider: v.literal(name), ...optional({ strategy: noStrategy, ...TARGET, ...common, ...fields }) },
      { unknownKey: refuseIn(name) },
    ),
  ]

  return {
    group: closed({ targets, ...optional({ strategy, ...common, ...FIELDS }) }, { unknownKey: refuseInGroup }),
    targets: new Map(Object.entries(PROVIDERS).map(ofProvider)),
    anyTarget: closed(optional({ strategy: noStrategy, provider: word, ...TARGET, ...common, ...FIELDS }), {
      unknownKey,
    }),
  }
}

function providersWith(field: string): string[] {
  return Object.entries(PROVIDERS).flatMap(([name, fields]) => (Object.hasOwn(fields, field) ? [name] : []))
}

const top = levelsOf({
  ...REQUEST,
  weight: v.pipe(
    weight,
    v.check(() => false, 'belongs to strategy.mode "loadbalance"'),
    v.metadata({ not: {} }),
  ),
})
const nested = levelsOf({})

type Read<Entries extends Table> = v.InferOutput<v.StrictObjectSchema<Optional<Entries>, undefined>>

/** One level of a config, as far as it is right. What it means beside other levels is for resolve.ts. */
export type Level = Read<typeof TARGET & typeof OWN & typeof SETTINGS & typeof FIELDS> & {
  readonly provider?: string
  readonly strategy?: unknown
  readonly targets?: readonly unknown[]
}

/** The outermost level. */
export type Top = Level & Read<typeof REQUEST>

export function readTop(value: unknown, path: string, report: Report): Top | undefined {
  return read<Top>(levelOf(value, top), value, path, report)
}

export function readLevel(value: unknown, path: string, report: Report): Level | undefined {
  return read<Level>(levelOf(value, nested), value, path, report)
}

/** A level that is around a config, and may so have the fields of any provider beside a `provider`. */
export function readOuter(value: unknown, path: string, report: Report): Level | undefined {
  return read<Level>(nested.anyTarget, value, path, report)
}

function levelOf(value: unknown, { group, targets, anyTarget }: Levels): v.GenericSchema {
  if (!isRecord(value)) return anyTarget
  if (Object.hasOwn(value, 'targets')) return group
  return (typeof value.provider === 'string' ? targets.get(value.provider) : undefined) ?? anyTarget
}

/** The config as a whole, and what stands in `targets`: for the JSON Schema. */
export const configSchema = v.union([top.group, ...top.targets.values()])
export const targetSchema = v.union([nested.group, ...nested.targets.values()])
