import * as v from 'valibot'
import { closed, optional, type Table } from './closed.ts'
import type { Report } from './problems.ts'
import { read } from './read.ts'
import { type Mode, STRATEGIES, unknownKeyOf } from './schema.ts'
import { isRecord, oneOf } from './values.ts'

/** The schemas of a strategy: one for each mode, and one for a mode that is none. */

const MODES = Object.keys(STRATEGIES) as Mode[]
const ALL = {
  mode: oneOf(MODES),
  ...STRATEGIES.fallback,
  ...STRATEGIES.conditional,
  ...STRATEGIES.loadbalance,
  ...STRATEGIES.hedge,
}
const unknownKey = unknownKeyOf(Object.keys(ALL))
const anyMode = closed(optional(ALL), { unknownKey })

const modes = new Map(MODES.map((mode) => [mode, ofMode(mode, STRATEGIES[mode])]))

function ofMode(mode: Mode, keys: Table): v.GenericSchema {
  const isDefault = mode === 'single' || mode === 'fallback'
  const entries: v.ObjectEntries = {
    mode: isDefault ? v.exactOptional(v.literal(mode)) : v.literal(mode),
    ...optional(keys),
    // Without them there is nothing to choose by.
    ...(mode === 'conditional' && { conditions: STRATEGIES.conditional.conditions }),
  }
  return closed(entries, {
    missingKey: (key) => `needs ${key} for mode "${mode}"`,
    unknownKey: (key) => (Object.hasOwn(ALL, key) ? belongsTo(modesWith(key), mode) : unknownKey(key)),
  })
}

function modesWith(key: string): Mode[] {
  return MODES.filter((mode) => Object.hasOwn(STRATEGIES[mode], key))
}

/** The message for a key that only these modes have. */
export function belongsTo(modes: readonly Mode[], here: Mode): string {
  return `belongs to strategy.mode ${modes.map((mode) => `"${mode}"`).join(', ')}, and here it is "${here}"`
}

/** A strategy, as far as it is right. */
export type Strategy = v.InferOutput<typeof anyMode>

/** For the JSON Schema. */
export const strategySchema = v.union([...modes.values()])

/** The mode that is given, or else fits the number of targets; undefined if what is given is none. */
export function modeOf(strategy: unknown, targets: number): Mode | undefined {
  const given = isRecord(strategy) ? strategy.mode : strategy
  if (given === undefined) return targets > 1 ? 'fallback' : 'single'
  return MODES.find((mode) => isRecord(strategy) && mode === given)
}

export function readStrategy(value: unknown, mode: Mode | undefined, path: string, report: Report): Strategy {
  const schema: v.GenericSchema = (mode && modes.get(mode)) ?? anyMode
  return read<Strategy>(schema, value, path, report) ?? {}
}
