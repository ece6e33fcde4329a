import {
  type AttemptEnd,
  createFetch,
  type FetchLike,
  type Hooks,
  type Options,
  type Outcome,
  type StreamgateConfig,
  streamgate,
  type TargetConfig,
} from '../../lib/index.ts'
import { answerInProcess, serve } from './client.ts'

export interface Gateway {
  /** For `chat`, `open` and `start`. */
  url: string
  /** Where the official SDK finds it. */
  sdk: { baseURL: string; fetch?: FetchLike }
  attempts: AttemptEnd[]
  outcomes: Outcome[]
  /** Resolves when `n` requests have ended. */
  finished(n?: number): Promise<Outcome>
  close(): Promise<void>
}

type OpenGateway = (config: unknown, options?: Options) => Promise<Gateway>

/** A bare server around streamgate, on port 0, with what its hooks told. */
export const gateway: OpenGateway = async (config, options = {}) => {
  const { hooks, told } = watched(options)
  const handler = streamgate(config as StreamgateConfig, { ...options, ...hooks })
  const server = await serve((req, res) => handler(req, res))
  return {
    url: server.url,
    sdk: { baseURL: `${server.url}/v1` },
    ...told,
    async close() {
      await server.close()
      handler.close()
    },
  }
}

/** The same as a `fetch`, at a URL that only our own client knows. */
const inProcess: OpenGateway = async (config, options = {}) => {
  const { hooks, told } = watched(options)
  const fetch = createFetch(config as StreamgateConfig, { ...options, ...hooks })
  const { url, close } = answerInProcess(fetch)
  return {
    url,
    sdk: { baseURL: `${url}/v1`, fetch },
    ...told,
    async close() {
      close()
      fetch.close()
    },
  }
}

/** The same scenarios over a socket and through `createFetch`. */
export function describeMounts(title: string, scenarios: (gateway: OpenGateway) => void): void {
  describe(title, () => scenarios(gateway))
  describe(`through createFetch: ${title}`, () => scenarios(inProcess))
}

function watched(options: Options): { hooks: Hooks; told: Pick<Gateway, 'attempts' | 'outcomes' | 'finished'> } {
  const attempts: AttemptEnd[] = []
  const outcomes: Outcome[] = []
  const waiting: (() => void)[] = []
  return {
    hooks: {
      onAttemptEnd(attempt) {
        attempts.push(attempt)
        options.onAttemptEnd?.(attempt)
      },
      onFinish(outcome) {
        outcomes.push(outcome)
        options.onFinish?.(outcome)
        for (const wake of waiting.splice(0)) wake()
      },
    },
    told: {
      attempts,
      outcomes,
      async finished(n = 1) {
        while (outcomes.length < n) await new Promise<void>((resolve) => waiting.push(resolve))
        return outcomes[n - 1] as Outcome
      },
    },
  }
}

type Json = Record<string, unknown>

/** A target of the provider `openai` at a scripted server. */
export function target(url: string, more: Json = {}): Json & { provider: 'openai' } {
  return { provider: 'openai', custom_host: url, api_key: 'sk-test', ...more }
}

/** A config that tries these targets in turn. */
export function fallback(...targets: Json[]): Json & { targets: TargetConfig[] } {
  return { strategy: { mode: 'fallback' }, targets: targets as unknown as TargetConfig[] }
}

/** What a test has opened, closed after it whatever happened; with `after`, what several tests share. */
export function cleanup(
  when: (close: () => Promise<void>) => void = afterEach,
): <T extends { close(): Promise<unknown> }>(opened: Promise<T>) => Promise<T> {
  const open: { close(): Promise<unknown> }[] = []
  when(async () => {
    for (const each of open.splice(0).reverse()) await each.close()
  })
  return async (opening) => {
    const opened = await opening
    open.push(opened)
    return opened
  }
}
