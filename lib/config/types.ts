import type { Provider, ProviderFields } from '../types.ts'

/** How one target is to be treated: its own settings and all that it inherits, with the defaults filled in. Times in ms. */
export interface Settings {
  readonly retry: {
    /** Further tries on the same target after the first. */
    readonly attempts: number
    readonly onStatusCodes: readonly number[]
    readonly useRetryAfterHeader: boolean
    /** The longest wait a provider may ask for; a longer one moves on to the next target. */
    readonly maxDelay: number
  }
  readonly connectTimeout: number
  /** To the first content, whatever heartbeats arrive before. */
  readonly firstChunkTimeout: number | undefined
  /** Between two contents. */
  readonly idleTimeout: number | undefined
  /** For one whole attempt. */
  readonly requestTimeout: number | undefined
  /** What follows when a stream breaks after the client got some of it. */
  readonly midStream: 'restart' | 'error'
  /** Whether a tool call is held back until it is whole. */
  readonly toolCalls: 'whole' | 'live'
  /** Names, in lower case, of the client's headers that go to the provider. */
  readonly forwardHeaders: readonly string[]
  /** false: the provider's own fields go to the client too. */
  readonly strict: boolean
  /** Laid over the client's request, key by key. */
  readonly overrideParams: Readonly<Record<string, unknown>>
  readonly metadata: Readonly<Record<string, unknown>>
}

/** One provider with one key. */
export interface Target {
  readonly kind: 'target'
  /** The config's `name`, else the path (`targets[0].targets[1]`), else the provider's name. For logs and hooks. */
  readonly name: string
  readonly provider: Provider
  readonly apiKey: string | undefined
  /** An http(s) URL without a trailing slash. */
  readonly customHost: string | undefined
  /** Only those that this provider has. */
  readonly fields: Readonly<ProviderFields>
  readonly settings: Settings
}

/** Several routes and how to choose between them. `single` takes the first. */
export interface Group {
  readonly kind: 'group'
  readonly name: string
  readonly mode: 'single' | 'fallback'
  /** Fall back only on these statuses; undefined: on any failure. */
  readonly onStatusCodes: readonly number[] | undefined
  readonly routes: readonly [Route, ...Route[]]
}

export type Route = Target | Group
