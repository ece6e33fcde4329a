import { resolveConfig } from './config/resolve.ts'
import type { Config } from './config/types.ts'
import { providers } from './providers/index.ts'
import type { Provider } from './types/provider.ts'

export { ConfigError } from './config/problems.ts'
export type {
  BreakerSettings,
  ChunkRate,
  Config,
  Group,
  RequestSettings,
  Route,
  Settings,
  Target,
} from './config/types.ts'

/**
 * Checks the JSON of a config and resolves it into a frozen tree: every target with its provider, its own and its
 * inherited settings, and the defaults. Throws ConfigError, which lists all that is wrong.
 */
export function parseConfig(json: unknown, options: { providers?: Readonly<Record<string, Provider>> } = {}): Config {
  return resolveConfig(json, { ...providers, ...options.providers })
}
