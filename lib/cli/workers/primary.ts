import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import type { Logger } from 'pino'
import { memoryStore } from '../../breaker/memory-store.ts'
import { parseConfig } from '../../config.ts'
import { memoryItemStore } from '../../dialects/responses/item-store.ts'
import type { Shutdown } from '../shutdown.ts'
import { type Call, type Channel, openCalls } from './calls.ts'
import { type PrimaryMethods, WORKER_VARIABLE, type WorkerMethods } from './contract.ts'
import { joinExpositions } from './expositions.ts'
import { answerHandovers } from './handovers.ts'
import { restartDelay, STEADY_MS } from './restart.ts'

export interface WorkersOptions {
  /** How many. */
  readonly count: number
  /** Of the start. */
  readonly config: unknown
  /** 0: any free one, the same for all. */
  readonly port: number
  readonly log: Logger
}

export interface Workers extends Pick<Shutdown, 'stop'> {
  readonly stopping: boolean
  /** Resolves with the port once all workers listen; with undefined if the first could not start, and has said why. */
  start(): Promise<number | undefined>
  /** All workers serve this config from now on, those too that are started later. Rejects with ConfigError. */
  use(config: unknown): Promise<void>
}

/** Longer than a worker, asked for its metrics, needs; shorter than the scrape that waits for all. */
const METRICS_MS = 1000
/** A worker that has not taken a new config after this time is not well. */
const USE_MS = 5000
/** What a worker is given beyond the time that its answers have: its telemetry may take 5 s to send the rest. */
const EXTRA_MS = 7000

/**
 * The processes that do the work. This one only starts them, passes connections on to them, starts them again if they die,
 * and keeps what they share: the state of the breakers, and answers that clients refer to.
 */
export function workers({ count, port, log, ...options }: WorkersOptions): Workers {
  let { config } = options
  /** By number: a worker that is started again goes on under the number of the one that died. */
  const running = new Map<number, { worker: Worker; call: Call<WorkerMethods> }>()
  const listeners = new Set<Worker>()
  const numbers = Array.from({ length: count }, (_, index) => index + 1)
  const store = memoryStore()
  const items = memoryItemStore()
  let stopping = false

  const methods: PrimaryMethods = {
    ...store,
    getItem: items.get,
    setItem: items.set,
    deleteItems: items.delete,
    setup: () => ({ config, port }),
    allMetrics: () => allMetrics(numbers.map((number) => running.get(number)?.call)),
  }

  const fork = (number: number) => {
    const worker = cluster.fork({ [WORKER_VARIABLE]: String(number) })
    running.set(number, { worker, call: openCalls<WorkerMethods>(worker as Channel, methods) })
    worker.once('exit', () => running.delete(number))
    worker.once('exit', () => listeners.delete(worker))
    answerHandovers(worker, () => !stopping && listeners.size > 0)
    worker.once('listening', ({ port }) => {
      listeners.add(worker)
      log.info({ worker: number, process: worker.process.pid, port }, 'worker started')
    })
    // What goes wrong with the channel ends the worker too, and that is told.
    worker.on('error', () => {})
    return worker
  }

  /** Starts a worker again and again. */
  const keep = (number: number, worker: Worker, deaths = 0) => {
    const startedAt = performance.now()
    worker.once('exit', (code: number | null, signal: string | null) => {
      if (stopping) return
      const inARow = performance.now() - startedAt < STEADY_MS ? deaths + 1 : 1
      const delay = restartDelay(inARow)
      log.error({ worker: number, process: worker.process.pid, code, signal, delay }, 'worker died')
      setTimeout(() => {
        if (!stopping) keep(number, fork(number), inARow)
      }, delay)
    })
  }

  return {
    get stopping() {
      return stopping
    },
    async start() {
      if (!cluster.isPrimary)
        throw new Error('--workers is of no use where another program has forked this one already')
      const first = fork(1)
      const found = await listening(first)
      if (found === undefined) return undefined
      keep(1, first)
      const others = numbers.slice(1).map((number) => {
        const worker = fork(number)
        keep(number, worker)
        return listening(worker)
      })
      await Promise.all(others)
      return found
    },
    async use(next) {
      // What is wrong with it is to be told once.
      parseConfig(next)
      config = next
      await Promise.all([...running.values()].map(({ call }) => call(USE_MS, 'use', next)))
    },
    async stop({ drainMs, graceMs }) {
      stopping = true
      const left = [...running.values()].map(({ worker }) => worker)
      const exited = Promise.all(left.map((worker) => worker.isDead() || once(worker, 'exit')))
      for (const worker of left) worker.process.kill('SIGTERM')
      const timer = setTimeout(
        () => {
          for (const worker of left) worker.process.kill('SIGKILL')
        },
        drainMs + graceMs + EXTRA_MS,
      )
      await exited
      clearTimeout(timer)
    },
  }
}

/** Resolves with the port when a worker listens; with undefined when it has ended before. */
function listening(worker: Worker): Promise<number | undefined> {
  return new Promise((resolve) => {
    worker.once('listening', ({ port }) => resolve(port))
    worker.once('exit', () => resolve(undefined))
  })
}

/** Those of all workers as one text. One that does not answer in time is told as down, and does not hold up the others. */
async function allMetrics(calls: readonly (Call<WorkerMethods> | undefined)[]): Promise<string> {
  const texts = await Promise.all(calls.map((call) => call?.(METRICS_MS, 'metrics').catch(() => undefined)))
  const up = texts.map((text, index) => `streamgate_worker_up{worker="${index + 1}"} ${text === undefined ? 0 : 1}`)
  const head = ['# HELP streamgate_worker_up Whether the worker answers.', '# TYPE streamgate_worker_up gauge', ...up]
  return joinExpositions([head.join('\n'), ...texts.flatMap((text) => text ?? [])])
}
