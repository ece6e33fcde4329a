import { isDeepStrictEqual } from 'node:util'
import { at, type Report } from './problems.ts'
import type { ResolvedRoute, ResolvedTarget } from './resolved.ts'

/**
 * Reports targets of different groups that have one name, may serve one request, and are not the same: a target's circuit and
 * statistics are kept by its name. Of the targets of a conditional group a request sees one only.
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
      if (other !== undefined && route.mode !== 'conditional' && !isOfGroup && !isSame(target, other)) {
        const message = `is also the name of another target that the same request may use, ${other.path}`
        report(at(target.path, 'name'), message)
      }
      usable.set(name, target)
    }
  }
  return usable
}

/** Whether two targets ask the same of the same, however patiently. */
function isSame(target: ResolvedTarget, other: ResolvedTarget): boolean {
  return isDeepStrictEqual(identityOf(target), identityOf(other))
}

function identityOf({ provider, apiKey, apiKeys, customHost, fields, settings }: ResolvedTarget): unknown[] {
  return [provider.name, apiKey, apiKeys, customHost, fields, settings.overrideParams]
}
