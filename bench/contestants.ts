import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { AGENT, bind, measures, start } from './child.ts'
import type { Contestant, Entrant, Kind, Surroundings } from './contestant.ts'
import { configOf } from './contestants/configs.ts'
import { cpuOf, freePort, listening, residentBytes, treeOf } from './processes.ts'
import { isRival, RIVALS } from './rivals.ts'

/** Answers OpenAI's stream, whatever the provider's is. */
export function translates({ kind }: Pick<Entrant, 'kind'>): boolean {
  return isRival(kind) || ['streamgate', 'program', 'before', 'floor'].includes(kind)
}

export async function run(entrant: Entrant, around: Surroundings): Promise<Contestant> {
  switch (entrant.kind) {
    case 'streamgate':
      return ours(entrant, './contestants/streamgate.ts', around)
    case 'program':
      return program(entrant, around)
    case 'before':
      return ours(entrant, './contestants/streamgate.ts', around, { BENCH_LIB: around.before })
    case 'floor':
      return ours(entrant, './contestants/floor.ts', around)
    case 'http-proxy-middleware':
      return ours(entrant, './contestants/proxy.ts', around)
    case 'nginx':
      return nginx(entrant, around)
    case 'direct':
      return {
        ...entrant,
        port: around.upstreamPort,
        headers: {},
        cpu: async () => 0,
        memory: async () => ({ rss: 0, used: 0 }),
        stop: async () => {},
      }
    default:
      return RIVALS[entrant.kind].run(entrant, around)
  }
}

/** Why a kind cannot take part here; undefined if it can. */
export function missing(kind: Kind): string | undefined {
  if (kind === 'program' && !existsSync('/proc')) return 'its processes are measured by /proc'
  if (kind === 'nginx' && nginxPath === undefined) return 'nginx is not installed'
  return isRival(kind) && RIVALS[kind].version() === undefined ? 'it is not installed (bench/README.md)' : undefined
}

async function ours(
  entrant: Entrant,
  file: string,
  { upstreamPort, core, execArgv }: Surroundings,
  env: NodeJS.ProcessEnv = {},
): Promise<Contestant> {
  const args = { upstream: `http://127.0.0.1:${upstreamPort}`, ...entrant }
  const child = await start(new URL(file, import.meta.url), args, { core, execArgv, env })
  return { ...entrant, port: child.facts.port as number, headers: {}, ...measures(child) }
}

/** As its users start it: with no channel to its parent, since the program behaves otherwise with one. */
async function program(entrant: Entrant, { upstreamPort, core, execArgv }: Surroundings): Promise<Contestant> {
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'bench-program-'))
  const config = join(folder, 'gateway.json')
  writeFileSync(config, JSON.stringify(configOf({ ...entrant, upstream: `http://127.0.0.1:${upstreamPort}` })))
  const { scenario } = entrant
  // The size of 0 is V8's own choice.
  const node = [...AGENT, ...execArgv, ...(scenario === 'node-defaults' ? ['--max-semi-space-size=0'] : [])]
  const args = ['--config', config, '--port', String(port), '--grace', '0', '--no-playground']
  const child = spawn(
    process.execPath,
    [...node, fileURLToPath(PROGRAM), ...args, ...(scenario === 'two-workers' ? ['--workers', '2'] : [])],
    { stdio: 'ignore', env: { ...process.env, NODE_ENV: 'production' } },
  )
  const pid = child.pid as number
  await listening(port)
  for (const each of treeOf(pid)) bind({ pid: each }, core)
  const sumOf = (figureOf: (pid: number) => number) => treeOf(pid).reduce((sum, each) => sum + figureOf(each), 0)
  return {
    ...entrant,
    port,
    headers: {},
    cpu: async () => sumOf((each) => cpuOf(each) ?? 0),
    async memory() {
      for (const each of treeOf(pid)) process.kill(each, 'SIGUSR2')
      // It cannot tell when it has collected.
      await sleep(1000)
      return { rss: sumOf(residentBytes), used: 0 }
    },
    async stop() {
      const exit = once(child, 'exit')
      child.kill('SIGTERM')
      await exit
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const PROGRAM = new URL('../lib/cli/main.ts', import.meta.url)

const nginxPath = ['/usr/sbin/nginx', '/usr/local/sbin/nginx', '/usr/bin/nginx', '/opt/homebrew/bin/nginx'].find(
  existsSync,
)

/** One worker, no buffering, connections to the upstream kept. */
async function nginx(entrant: Entrant, { upstreamPort, core }: Surroundings): Promise<Contestant> {
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'bench-nginx-'))
  const file = join(folder, 'nginx.conf')
  writeFileSync(
    file,
    `daemon off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log crit; ${process.getuid?.() === 0 ? 'user root;' : ''}
events { worker_connections 16000; }
http {
  access_log off; keepalive_timeout 600s; keepalive_requests 1000000; client_max_body_size 64m; client_body_buffer_size 1m;
  client_body_temp_path ${folder}/b; proxy_temp_path ${folder}/p; fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
  upstream provider { server 127.0.0.1:${upstreamPort}; keepalive 1024; keepalive_requests 1000000; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass http://provider; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_buffering off; proxy_read_timeout 600s;
    }
  }
}
`,
  )
  const master = spawn(nginxPath as string, ['-c', file, '-p', folder], { stdio: 'ignore' })
  await listening(port)
  const pid = master.pid as number
  const [worker = pid] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').map(Number)
  for (const each of [pid, worker]) execFileSync('taskset', ['-acp', String(core), String(each)], { stdio: 'ignore' })
  return {
    ...entrant,
    port,
    headers: {},
    cpu: async () => cpuOf(worker) ?? 0,
    memory: async () => ({ rss: residentBytes(worker), used: 0 }),
    async stop() {
      const exit = once(master, 'exit')
      master.kill('SIGTERM')
      await exit
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
