import { resolveConfig, type Source } from './config/resolve.ts'
import type { ResolvedConfig } from './config/resolved.ts'
import { providers } from './providers/index.ts'
import type { Provider } from './types/provider.ts'

export { ConfigError } from './config/problems.ts'
export type {
  ApiKey,
  BreakerSettings,
  ChunkRate,
  LiveFigure,
  Price,
  ResolvedConfig,
  ResolvedGroup,
  ResolvedRequestSettings,
  ResolvedRoute,
  ResolvedSettings,
  ResolvedTarget,
} from './config/resolved.ts'
export type { StreamgateConfig, TargetConfig } from './config/types.ts'

/**
 * Checks the JSON of a config and resolves it into a frozen tree: every target with its provider, its own and its
 * inherited settings, and the defaults. Throws ConfigError, which lists all that is wrong.
 */
export function parseConfig(
  json: unknown,
  { providers: own, onTarget }: { providers?: Readonly<Record<string, Provider>> } & Pick<Source, 'onTarget'> = {},
): ResolvedConfig {
  return resolveConfig(json, { ...providers, ...own }, onTarget && { onTarget })
}
