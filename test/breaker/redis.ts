import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const PROGRAM = 'redis-server'

export interface RedisServer {
  /** The path of its socket. */
  readonly path: string
  /** To stop and continue its process. */
  signal(name: 'SIGSTOP' | 'SIGCONT'): void
  stop(): Promise<void>
}

/** A Redis of our own that keeps nothing, on a socket in a new folder. Undefined if there is no such program. */
export async function startRedis(): Promise<RedisServer | undefined> {
  if (spawnSync(PROGRAM, ['--version']).error !== undefined) return undefined
  const folder = await mkdtemp(join(tmpdir(), 'streamgate-redis-'))
  const path = join(folder, 'redis.sock')
  const options = { port: '0', unixsocket: path, dir: folder, save: '', appendonly: 'no' }
  const child = spawn(
    PROGRAM,
    Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]),
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  await ready(child)

  return {
    path,
    signal: (name) => {
      child.kill(name)
    },
    async stop() {
      process.off('exit', kill)
      if (child.exitCode === null && child.signalCode === null) {
        kill()
        await once(child, 'exit')
      }
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Resolves when it takes connections. */
async function ready({ stdout }: ChildProcess): Promise<void> {
  if (stdout === null) throw new Error(`${PROGRAM} has no output`)
  let printed = ''
  for await (const line of createInterface({ input: stdout })) {
    printed += `${line}\n`
    if (/ready to accept connections/i.test(line)) {
      stdout.resume()
      return
    }
  }
  throw new Error(`${PROGRAM} did not start.\n${printed}`)
}
