/** What can be asked and known of a process from outside, whatever runs in it. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import http from 'node:http'
import net, { type AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** A process, and those that it has started. */
export function treeOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  return [pid, ...(children === '' ? [] : children.split(' ').flatMap((each) => treeOf(Number(each))))]
}

/** All threads of a process, by the scheduler's own account. Undefined where there is no /proc. */
export function cpuOf(pid: number): number | undefined {
  if (!existsSync(`/proc/${pid}/task`)) return undefined
  let sum = 0
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    sum += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0])
  }
  return sum
}

/** Of a process that cannot be asked. */
export function residentBytes(pid: number): number {
  const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1])
  return pages * 4096
}

export async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

export async function listening(port: number): Promise<Record<string, unknown>> {
  for (let tries = 0; tries < 100; tries++) {
    const answered = await new Promise<boolean>((resolve) => {
      const request = http.get({ port, host: '127.0.0.1', path: '/', agent: false, timeout: 500 }, (response) => {
        response.resume()
        resolve(true)
      })
      request.on('error', () => resolve(false)).on('timeout', () => request.destroy())
    })
    if (answered) return { port }
    await sleep(50)
  }
  throw new Error(`nothing listens at port ${port}`)
}

/** How long a process may take to end. */
const GRACE_MS = 5000

/** Ends a process, if it runs: as it is asked to, or by force where it does not listen. */
export async function end(child: ChildProcess, ask: () => void): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  const timer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS)
  ask()
  await exit
  clearTimeout(timer)
}
