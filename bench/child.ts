import { type ChildProcess, execFileSync, type ForkOptions, fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { cpuOf, end } from './processes.ts'

/** A process of the bench. */
export interface Child {
  readonly pid: number
  /** What it said when it was ready. */
  readonly facts: Record<string, unknown>
  ask<T>(name: string, args?: unknown): Promise<T>
  stop(): Promise<void>
  /** Ends it at once, whatever it is at. */
  kill(): void
}

/** Arguments for Node with which the bench can ask a process. */
export const AGENT = ['--expose-gc', '--import', new URL('./agent.ts', import.meta.url).href]

/** `core`: the CPU it is bound to, if the machine has several and can. */
export async function start(
  file: URL | string,
  args: unknown,
  {
    core,
    execArgv = [],
    env = {},
    silent = false,
  }: { core: number; silent?: boolean } & Pick<ForkOptions, 'execArgv' | 'env'>,
  whenReady?: () => Promise<Record<string, unknown>>,
): Promise<Child> {
  const argv = Array.isArray(args) ? (args as string[]) : [JSON.stringify(args)]
  const child = fork(file, argv, {
    execArgv: [...AGENT, ...execArgv],
    env: { ...process.env, NODE_ENV: 'production', ...env },
    stdio: ['ignore', silent ? 'ignore' : 'inherit', silent ? 'ignore' : 'inherit', 'ipc'],
  })
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>()
  let questions = 0
  const died = new Promise<never>((_, reject) => {
    child.once('exit', (code) => {
      const error = new Error(`${String(file)} ended (${code})`)
      for (const { reject: fail } of waiting.values()) fail(error)
      reject(error)
    })
  })
  died.catch(() => {})
  // Its channel, when it goes with something unread in it.
  child.on('error', () => {})
  const said = new Promise<Record<string, unknown>>((resolve) => {
    child.on(
      'message',
      (message: { ready?: Record<string, unknown>; id?: number; result?: unknown; error?: string }) => {
        if (message.ready !== undefined) resolve(message.ready)
        const asked = waiting.get(message.id ?? -1)
        if (asked === undefined) return
        waiting.delete(message.id ?? -1)
        if (message.error === undefined) asked.resolve(message.result as never)
        else asked.reject(new Error(message.error))
      },
    )
  })
  const facts = await Promise.race([whenReady?.() ?? said, died]).catch((error: unknown) => {
    child.kill('SIGKILL')
    throw error
  })
  bind(child, core)
  return {
    pid: child.pid as number,
    facts,
    ask: (name, args) =>
      new Promise((resolve, reject) => {
        const id = questions++
        waiting.set(id, { resolve, reject })
        child.send({ id, name, args })
      }),
    stop: () => end(child, () => child.disconnect()),
    kill: () => child.kill('SIGKILL'),
  }
}

/** Threads that are there already too, and what is started by them later. */
export function bind({ pid }: Pick<ChildProcess, 'pid'>, core: number): void {
  if (availableParallelism() < 2) return
  try {
    execFileSync('taskset', ['-acp', String(core), String(pid)], { stdio: 'ignore' })
  } catch {
    // Without it the figures are only noisier.
  }
}

/** What a contestant tells of itself that is a child of the bench. */
export function measures(child: Child) {
  return {
    async cpu(): Promise<number> {
      const precise = cpuOf(child.pid)
      if (precise !== undefined) return precise
      const { user, system } = await child.ask<NodeJS.CpuUsage>('cpu')
      return (user + system) * 1000
    },
    async memory(): Promise<{ rss: number; used: number }> {
      const { rss, heapUsed, external } = await child.ask<NodeJS.MemoryUsage>('memory')
      return { rss, used: heapUsed + external }
    },
    stop: child.stop,
  }
}
