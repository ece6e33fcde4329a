import type { IncomingHttpHeaders } from 'node:http'
import { type CircuitState, createBreaker } from '../breaker/breaker.ts'
import { memoryStore } from '../breaker/memory-store.ts'
import { steadyNow } from '../breaker/steady-now.ts'
import { configFromHeaders } from '../config/header.ts'
import { guardedLookup } from '../config/hosts.ts'
import type { ResolvedConfig } from '../config.ts'
import type { Options } from '../options.ts'
import { providers } from '../providers/index.ts'
import { lookup } from './attempt/connection/dns/lookup.ts'
import { createUpstream, type Upstream } from './attempt/connection/upstream.ts'
import { observe } from './observe.ts'
import { type RefusalMemory, refusalMemory } from './recovery/refusal-memory.ts'
import type { Shared } from './relayed-request.ts'
import { hedgeStatistics } from './routing/hedge-statistics.ts'
import { keyRing } from './routing/key-ring.ts'
import { isLive, loadOf } from './routing/load.ts'

/** A config, and the state that its requests share. Serves a request. */
export interface Backend {
  readonly config: ResolvedConfig
  readonly upstream: Upstream
  readonly shared: Shared
  readonly memory: RefusalMemory
  /** Whether the config is the operator's, not one that came with the request. */
  readonly operated: boolean
}

export function operatorBackend(config: ResolvedConfig, options: Options): Backend {
  const upstream = createUpstream(options)
  return { config, upstream, shared: sharedState(config, options), memory: refusalMemory(), operated: true }
}

/** Backends for requests that bring a config of their own, where that is switched on. */
export interface RequestBackends {
  /** Undefined: the headers ask for no config of their own. Rejects with RequestError. */
  backendFor(headers: IncomingHttpHeaders): Promise<Backend | undefined>
  close(): void
}

/**
 * A client chooses the hosts here: what their names resolve to is checked, so the agents of the options, which look names up
 * unguarded, have no part in it. These requests share no state that a hostile one could spoil.
 */
export function requestBackends(options: Options): RequestBackends | undefined {
  const { requestConfig, agents: _, ...own } = options
  if (requestConfig === undefined) return undefined
  const hosts = { allowPrivateHosts: requestConfig.allowPrivateHosts ?? false }
  const known = { ...hosts, providers: { ...providers, ...options.providers } }
  const upstream = createUpstream({ ...own, lookup: guardedLookup({ ...hosts, resolver: lookup }) })
  // What a host refuses is its own word, for whoever asks it.
  const memory = refusalMemory()
  return {
    async backendFor(headers) {
      const config = await configFromHeaders(headers, known)
      return config && { config, upstream, shared: sharedState(config, {}), memory, operated: false }
    },
    close: upstream.close,
  }
}

function sharedState({ route }: ResolvedConfig, options: Options): Shared {
  const { breakerStore, logger, onCircuit } = options
  const onState =
    onCircuit &&
    ((target: string, state: CircuitState, before: CircuitState | undefined) =>
      observe(options, () => options.onCircuit?.({ target, state, before })))
  const breaker =
    breakerStore === undefined
      ? createBreaker(memoryStore(), { now: steadyNow, logger, onState })
      : createBreaker(breakerStore, { logger, onState })
  return { breaker, hedges: hedgeStatistics(), keys: keyRing(), load: isLive(route) ? loadOf() : undefined }
}
