import { at, type Report } from './problems.ts'
import type { ResolvedRoute, ResolvedTarget } from './resolved.ts'

/**
 * Reports targets of different groups that have one name and may serve one request: by its name a target's circuit and
 * statistics are kept. Of the targets of a conditional group a request sees one only.
 */
export function reportSharedNames(route: ResolvedRoute, report: Report): void {
  usableTargets(route, report)
}

/** The targets that one request may use, by their names. */
function usableTargets(route: ResolvedRoute, report: Report): Map<string, ResolvedTarget> {
  if (route.kind === 'target') return new Map([[route.name, route]])
  const usable = new Map<string, ResolvedTarget>()
  for (const each of route.routes) {
    for (const [name, target] of usableTargets(each, report)) {
      const other = usable.get(name)
      // Two targets of this very group are reported with it.
      const isOfGroup = each.kind === 'target' && other !== undefined && route.routes.includes(other)
      if (other !== undefined && route.mode !== 'conditional' && !isOfGroup) {
        report(
          at(target.path, 'name'),
          `is also the name of another target that the same request may use, ${other.path}`,
        )
      }
      usable.set(name, target)
    }
  }
  return usable
}
