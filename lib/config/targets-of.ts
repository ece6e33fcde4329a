import type { ResolvedRoute, ResolvedTarget } from './resolved.ts'

/** All targets of a route, in the order of the config. Each request asks for them. */
export function targetsOf(route: ResolvedRoute): readonly ResolvedTarget[] {
  const known = found.get(route) ?? (route.kind === 'target' ? [route] : route.routes.flatMap(targetsOf))
  found.set(route, known)
  return known
}

const found = new WeakMap<ResolvedRoute, readonly ResolvedTarget[]>()
