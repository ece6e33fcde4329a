import { type AttemptEnd, type Options, type Outcome, streamgate } from '../../lib/index.ts'
import { serve } from './client.ts'

export interface Gateway {
  url: string
  attempts: AttemptEnd[]
  outcomes: Outcome[]
  /** Resolves when `n` requests have ended. */
  finished(n?: number): Promise<Outcome>
  close(): Promise<void>
}

/** A bare server around streamgate, on port 0, with what its hooks told. */
export async function gateway(config: unknown, options: Options = {}): Promise<Gateway> {
  const attempts: AttemptEnd[] = []
  const outcomes: Outcome[] = []
  const waiting: (() => void)[] = []
  const handler = streamgate(config, {
    ...options,
    onAttemptEnd(attempt) {
      attempts.push(attempt)
      options.onAttemptEnd?.(attempt)
    },
    onFinish(outcome) {
      outcomes.push(outcome)
      options.onFinish?.(outcome)
      for (const wake of waiting.splice(0)) wake()
    },
  })
  const server = await serve((req, res) => handler(req, res))
  return {
    url: server.url,
    attempts,
    outcomes,
    async finished(n = 1) {
      while (outcomes.length < n) await new Promise<void>((resolve) => waiting.push(resolve))
      return outcomes[n - 1] as Outcome
    },
    async close() {
      await server.close()
      handler.close()
    },
  }
}

/** A target of the provider `openai` at a scripted server. */
export function target(url: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { provider: 'openai', custom_host: url, api_key: 'sk-test', ...more }
}

/** A config that tries these targets in turn. */
export function fallback(...targets: Record<string, unknown>[]): Record<string, unknown> {
  return { strategy: { mode: 'fallback' }, targets }
}

/** What a test has opened, closed after it whatever happened. */
export function cleanup(): <T extends { close(): Promise<unknown> }>(opened: Promise<T>) => Promise<T> {
  const open: { close(): Promise<unknown> }[] = []
  afterEach(async () => {
    for (const each of open.splice(0).reverse()) await each.close()
  })
  return async (opening) => {
    const opened = await opening
    open.push(opened)
    return opened
  }
}
