import type { BreakerStore, ItemStore } from '../../index.ts'
import { type Call, type Channel, openCalls } from './calls.ts'
import { type PrimaryMethods, type Setup, WORKER_VARIABLE, type WorkerMethods } from './contract.ts'

export interface Worker {
  setup(): Promise<Setup>
  /** The breakers' state, which the primary keeps for all workers. */
  readonly breakerStore: BreakerStore
  /** Answers that clients refer to, which the primary keeps for all workers. */
  readonly itemStore: ItemStore
  /** The metrics of all workers. Rejects if the primary does not answer. */
  allMetrics(): Promise<string>
}

const SETUP_MS = 10_000
/** Less than a breaker waits for its store, so that nothing is left waiting here. */
const STORE_MS = 200
/** A whole conversation may have to be copied. */
const ITEMS_MS = 1500
const METRICS_MS = 3000

/** Which of our workers this process is; undefined if it is none. */
export function workerNumber(): number | undefined {
  const number = process.env[WORKER_VARIABLE]
  return number === undefined || process.send === undefined ? undefined : Number(number)
}

/** This process, being a worker. `own`: what the primary may ask it. */
export function thisWorker(own: WorkerMethods): Worker {
  const call = openCalls<PrimaryMethods>(process as Channel, own)
  return {
    setup: () => call(SETUP_MS, 'setup'),
    breakerStore: storeOver(call),
    itemStore: itemsOver(call),
    allMetrics: () => call(METRICS_MS, 'allMetrics'),
  }
}

function storeOver(call: Call<PrimaryMethods>): BreakerStore {
  return {
    increment: (key, ttl) => call(STORE_MS, 'increment', key, ttl),
    get: (key) => call(STORE_MS, 'get', key),
    set: (key, value, ttl) => call(STORE_MS, 'set', key, value, ttl),
    setIfAbsent: (key, value, ttl) => call(STORE_MS, 'setIfAbsent', key, value, ttl),
    delete: (keys) => call(STORE_MS, 'delete', keys),
  }
}

function itemsOver(call: Call<PrimaryMethods>): ItemStore {
  return {
    get: (key) => call(ITEMS_MS, 'getItem', key),
    set: (key, value, ttl) => call(ITEMS_MS, 'setItem', key, value, ttl),
    delete: (keys) => call(ITEMS_MS, 'deleteItems', keys),
  }
}
