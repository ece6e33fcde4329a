import type { ResolvedRoute, ResolvedTarget } from './resolved.ts'

/** All targets of a route, in the order of the config. */
export function targetsOf(route: ResolvedRoute): ResolvedTarget[] {
  return route.kind === 'target' ? [route] : route.routes.flatMap(targetsOf)
}
