/**
 * `node bench/public/failoverbench/run.ts CHECKOUT [fast|full]`: runs failoverbench's sixteen situations with the program as their
 * target, and prints the scorecard. CHECKOUT is a clone of failoverbench, installed for `python3` (`PYTHON` names another one).
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const [checkout, profile = 'fast'] = process.argv.slice(2)
if (checkout === undefined || !['fast', 'full'].includes(profile)) {
  console.error('Usage: node bench/public/failoverbench/run.ts CHECKOUT [fast|full]')
  process.exit(1)
}
const python = process.env.PYTHON ?? 'python3'
const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))

/** The wall's port is its default, which streamgate.yaml has, too. */
const WALL = 'http://127.0.0.1:8401/control/health'
const PROGRAM = 'http://127.0.0.1:8791/healthz'
const START_MS = 20_000

const wall = inCheckout('wall', '--profile', profile)
const program = spawn(
  process.execPath,
  [
    path('../../../lib/cli/main.ts'),
    ...['--config', path('gateway.json'), '--port', '8791'],
    ...['--allow-request-config', '--allow-private-hosts'],
  ],
  { stdio: ['ignore', 'ignore', 'inherit'] },
)
try {
  await Promise.all([answers(WALL, wall), answers(PROGRAM, program)])
  cpSync(path('streamgate.yaml'), join(checkout, 'systems/streamgate.yaml'))
  await ended(inCheckout('run', '--system', 'systems/streamgate.yaml', '--profile', profile))
  await ended(inCheckout('report', '--profile', profile))
  console.log(readFileSync(join(checkout, 'results', profile, 'SCORECARD.md'), 'utf8'))
} finally {
  program.kill()
  wall.kill()
}

function inCheckout(...args: string[]): ChildProcess {
  return spawn(python, ['-m', 'failoverbench', ...args], { cwd: checkout, stdio: ['ignore', 'inherit', 'inherit'] })
}

async function ended(child: ChildProcess): Promise<void> {
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0) throw new Error(`${child.spawnargs.join(' ')} ended (${code})`)
}

/** Resolves when it can be asked. */
async function answers(url: string, child: ChildProcess): Promise<void> {
  for (const until = performance.now() + START_MS; performance.now() < until; await sleep(100)) {
    if (child.exitCode !== null) break
    const response = await fetch(url).catch(() => undefined)
    if (response?.ok) return
  }
  throw new Error(`${child.spawnargs.join(' ')} does not answer at ${url}`)
}
