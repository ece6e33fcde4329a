import type { BreakerStore, ItemStore } from '../../index.ts'

/** What a worker can ask the primary. */
export type PrimaryMethods = BreakerStoreMethods & {
  getItem: ItemStore['get']
  setItem: ItemStore['set']
  deleteItems: ItemStore['delete']
  /** What to serve, and where. */
  setup(): Setup
  /** The metrics of all workers. */
  allMetrics(): Promise<string>
}

type BreakerStoreMethods = { readonly [Operation in keyof BreakerStore]: BreakerStore[Operation] }

export interface Setup {
  readonly config: unknown
  readonly port: number
}

/** What the primary can ask a worker. */
export type WorkerMethods = {
  /** Its own metrics, in Prometheus' text format; null if it has none. */
  metrics(): Promise<string | null>
  /** Serves this config from now on. */
  use(config: unknown): Promise<void>
}

/** Set by the primary alone: other programs that fork, as process managers do, use node:cluster too. Holds the worker's number. */
export const WORKER_VARIABLE = 'STREAMGATE_WORKER'
