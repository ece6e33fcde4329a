import type * as v from 'valibot'
import type { Optional, Table } from './closed.ts'
import type { FIELDS, Mode, OWN, PROVIDERS, ProviderName, REQUEST, SETTINGS, STRATEGIES, TARGET } from './schema.ts'

/** What may be written for the keys of a table of the schema. */
type Given<Entries extends Table> = v.InferInput<v.StrictObjectSchema<Optional<Entries>, undefined>>

type OfMode = { [M in Mode]: { mode: M } & Given<(typeof STRATEGIES)[M]> }

/** How a group chooses between its targets. Without a mode: the first, and the others as fallbacks. */
export type StrategyConfig =
  | Partial<OfMode['single' | 'fallback']>
  | OfMode['loadbalance' | 'hedge']
  | (OfMode['conditional'] & { conditions: object })

type OfProvider = { [P in ProviderName]: { provider: P } & Given<(typeof PROVIDERS)[P]> }
type OfCustomProvider<Custom extends string> = [Custom] extends [never]
  ? never
  : { provider: Custom } & Given<typeof FIELDS>

type Target<Custom extends string> = (OfProvider[ProviderName] | OfCustomProvider<Custom>) & Given<typeof TARGET>

interface Group<Custom extends string> extends Given<typeof FIELDS> {
  provider?: never
  strategy?: StrategyConfig
  targets: TargetConfig<Custom>[]
}

/** One target, or a group of them, with what the targets of the group inherit. */
export type TargetConfig<Custom extends string = never> = (Target<Custom> | Group<Custom>) &
  Given<typeof OWN> &
  Given<typeof SETTINGS>

/**
 * A config as it is written: an object in code, or the JSON of a `gateway.json`. What each key means: docs/config.md.
 *
 * A config in a variable is declared with this type, or with `satisfies StreamgateConfig`; without either the compiler takes
 * its `provider` for any string. What `JSON.parse` gives needs no type, and is checked at start all the same.
 *
 * `Custom` are the names of providers of the application's own, whose targets may have the fields of any provider. `streamgate`
 * and `createFetch` know them from `options.providers`; a config that is declared apart from its options says them itself:
 * `StreamgateConfig<'mine'>`.
 *
 * @example
 * const config: StreamgateConfig = {
 *   retry: { attempts: 1 },
 *   targets: [
 *     { provider: 'openai', api_key: process.env.OPENAI_API_KEY },
 *     { provider: 'anthropic', api_key: process.env.ANTHROPIC_API_KEY, override_params: { model: 'claude-sonnet-5' } },
 *   ],
 * }
 */
export type StreamgateConfig<Custom extends string = never> = TargetConfig<Custom> & Given<typeof REQUEST>
