import type {
  BreakerSettings,
  ResolvedConfig,
  ResolvedGroup,
  ResolvedRequestSettings,
  ResolvedRoute,
  ResolvedSettings,
  ResolvedTarget,
} from '../../config.ts'
import { dialectsAsWritten } from './as-written.ts'

/** What is told of a target beside its settings. */
export type Address = (target: ResolvedTarget) => string

/** A config as a tree of what is tried, one line each; the settings that matter stand below their target. */
export function treeOf({ route, request }: ResolvedConfig, addressOf: Address): string[] {
  const whole = ofRequest(request)
  return [...branch(route, addressOf), ...(whole.length > 0 ? ['', 'for the request as a whole', ...facts(whole)] : [])]
}

function branch(route: ResolvedRoute, addressOf: Address, note = ''): string[] {
  if (route.kind === 'target') return [`${route.name}${note}  ${addressOf(route)}`, ...facts(ofTarget(route))]
  const notes = notesOf(route)
  const inner = route.routes.map((each, index) => branch(each, addressOf, notes(each, index)))
  return [`${titleOf(route)}${note}`, ...inner.flatMap((lines, index) => twig(lines, index === inner.length - 1))]
}

function twig([first = '', ...rest]: string[], last: boolean): string[] {
  return [`${last ? '└─' : '├─'} ${first}`, ...rest.map((line) => `${last ? '  ' : '│ '} ${line}`)]
}

type Fact = readonly [label: string, text: string]

function facts(list: readonly Fact[]): string[] {
  return list.map(([label, text]) => `   ${label.padEnd(12)} ${text}`)
}

// ------------------------------------------------------------------------------------------------------------- groups

function titleOf(group: ResolvedGroup): string {
  const codes = group.onStatusCodes && `, of statuses only on ${group.onStatusCodes.join(' ')}`
  return `${group.mode}${group.name === 'config' ? '' : ` ${group.name}`}${howOf(group)}${codes ?? ''}`
}

function howOf(group: ResolvedGroup): string {
  switch (group.mode) {
    case 'single':
      return ': the first'
    case 'fallback':
      return ': one after the other'
    case 'loadbalance':
      return `: by weight, the others as fallbacks${group.sticky === undefined ? '' : `; sticks to metadata.${group.sticky}`}`
    case 'conditional':
      return `: the first whose condition holds${group.otherwise === undefined ? '; else a 400' : ''}`
    case 'hedge': {
      const delay = group.delay === 'p95' ? 'the p95 of its times' : time(group.delay)
      return `: the second beside the first after ${delay}, for ${percent(group.maxExtra)} of the requests at most`
    }
  }
}

/** What the group says of each of its routes. */
function notesOf(group: ResolvedGroup): (route: ResolvedRoute, index: number) => string {
  if (group.mode === 'loadbalance') {
    const total = group.weights.reduce((sum, weight) => sum + weight, 0)
    const by = group.by === 'weight' ? '' : `, by ${group.by}`
    return (_, index) => ` [${percent((group.weights[index] ?? 0) / total)}${by}]`
  }
  if (group.mode !== 'conditional') return () => ''
  return (route) => {
    const held = group.conditions.flatMap((condition, index) => (condition.route === route ? [index + 1] : []))
    const when = [...held.map((number) => `condition ${number}`), ...(group.otherwise === route ? ['else'] : [])]
    return ` [${when.join(', ') || 'never'}]`
  }
}

// ------------------------------------------------------------------------------------------------------------ targets

function ofTarget(target: ResolvedTarget): Fact[] {
  const { settings, provider } = target
  const { model, ...params } = settings.overrideParams
  return [
    ['provider', provider.name],
    ['model', typeof model === 'string' ? model : (target.fields.deployment_id ?? 'what the client asks for')],
    ['key', keyOf(target)],
    ...ifAny('as written', dialectsAsWritten(target).join(', ')),
    ...ifAny('parameters', Object.keys(params).join(', ')),
    ...ifAny('retries', retriesOf(settings)),
    ['timeouts', timeoutsOf(settings)],
    [
      'if it breaks',
      `${settings.midStream.join(', then ') || 'error'} in mid-stream; tool calls ${settings.toolCalls}`,
    ],
    ...ifAny('breaker', settings.breaker && breakerOf(settings.breaker)),
    ...ifAny('headers', settings.forwardHeaders.join(', ')),
    ...ifAny('metadata', Object.keys(settings.metadata).join(', ')),
  ]
}

function keyOf({ apiKey, apiKeys, fields, provider }: ResolvedTarget): string {
  if (fields.aws_access_key_id !== undefined) return 'AWS keys of the config'
  if (fields.azure_ad_token !== undefined) return 'azure_ad_token of the config'
  if (apiKeys !== undefined) return `of the config: ${apiKeys.map(({ name }) => name).join(', ')}`
  if (apiKey !== undefined) return 'of the config'
  return provider.ownCredentials === undefined
    ? "the client's token"
    : "what AWS's default chain finds here, else the client's token"
}

function retriesOf({ retry }: ResolvedSettings): string | undefined {
  if (retry.attempts === 0) return undefined
  const waits = retry.useRetryAfterHeader ? `; waits as asked, up to ${time(retry.maxDelay)}` : ''
  return `${retry.attempts} on ${retry.onStatusCodes.join(' ')} and failures of the stream${waits}`
}

function timeoutsOf(settings: ResolvedSettings): string {
  const rate = settings.minChunkRate
  return [
    settings.connectTimeout && `connect ${time(settings.connectTimeout)}`,
    settings.firstChunkTimeout && `first content ${time(settings.firstChunkTimeout)}`,
    settings.idleTimeout && `silence ${time(settings.idleTimeout)}`,
    settings.requestTimeout && `whole attempt ${time(settings.requestTimeout)}`,
    rate && `below ${rate.charactersPerSecond} characters a second over ${time(rate.window)}`,
  ]
    .filter(Boolean)
    .join(', ')
}

function breakerOf(breaker: BreakerSettings): string {
  const { failureThreshold, failureShare, minimumRequests, interval, cooldown } = breaker
  const bounds = [
    failureThreshold && `${failureThreshold} failures`,
    failureShare && `${percent(failureShare)} failures of ${minimumRequests} or more requests`,
  ]
  return `opens after ${bounds.filter(Boolean).join(' or ')} within ${time(interval)}, for ${time(cooldown)}`
}

function ofRequest({
  totalTimeout,
  retryBudget,
  commitAfter,
  keepAlive,
  keepAliveBeforeCommit,
}: ResolvedRequestSettings): Fact[] {
  const { chunks, ms, bytes } = commitAfter ?? {}
  const held = [chunks && `${chunks} chunks`, ms && time(ms), bytes && `${bytes} bytes`].filter(Boolean).join(' or ')
  return [
    ...ifAny('timeout', totalTimeout && time(totalTimeout)),
    ...ifAny('attempts', retryBudget === undefined ? undefined : `at most ${retryBudget + 1}`),
    ...ifAny('held back', held),
    ...ifAny(
      'keep-alive',
      keepAlive && `${time(keepAlive)}${keepAliveBeforeCommit ? ', before the first content too' : ''}`,
    ),
  ]
}

function ifAny(label: string, text: string | number | undefined): Fact[] {
  return text ? [[label, String(text)]] : []
}

function time(ms: number): string {
  return ms % 60_000 === 0 ? `${ms / 60_000} min` : ms % 100 === 0 && ms >= 1000 ? `${ms / 1000} s` : `${ms} ms`
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`
}
