/** Other people's gateways, as their users start them. What is pinned, and how to install it: bench/README.md. */
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Dialect } from './bodies/body.ts'
import { bind, measures, start } from './child.ts'
import type { Chat, Contestant, Entrant, RivalKind, Surroundings } from './contestant.ts'
import { cpuOf, end, freePort, listening, residentBytes } from './processes.ts'

interface Rival {
  /** What is installed here; undefined if nothing is. */
  version(): string | undefined
  run(entrant: Entrant, around: Surroundings): Promise<Contestant>
}

export const RIVALS: Readonly<Record<RivalKind, Rival>> = {
  portkey: { version: portkeyVersion, run: portkey },
  tensorzero: { version: once(tensorzeroVersion), run: tensorzero },
}

export function isRival(kind: string): kind is RivalKind {
  return Object.hasOwn(RIVALS, kind)
}

const FOLDER = new URL('./rivals/', import.meta.url)
const PORTKEY = new URL('node_modules/@portkey-ai/gateway/', FOLDER)

/** Installs what bench/rivals/package.json pins, if it is not there. */
export function installRivals(): void {
  if (existsSync(PORTKEY)) return
  execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: FOLDER, stdio: 'inherit' })
}

function portkeyVersion(): string | undefined {
  const file = new URL('package.json', PORTKEY)
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version : undefined
}

/** Its provider and host come in headers. Where its stream reader waits 25 ms before the first event is in its own bundle. */
async function portkey(entrant: Entrant, { upstreamPort, core, execArgv }: Surroundings): Promise<Contestant> {
  const port = await freePort()
  const options = { core, execArgv, silent: true, env: { TRUSTED_CUSTOM_HOSTS: '127.0.0.1' } }
  const server = new URL('build/start-server.js', PORTKEY)
  const child = await start(server, ['--headless', `--port=${port}`], options, async () => {
    const facts = await listening(port)
    // It listens a second before it catches what would end the process.
    await sleep(1200)
    return facts
  })
  const host = `http://127.0.0.1:${upstreamPort}`
  const headers = {
    authorization: 'Bearer key',
    'x-portkey-provider': entrant.dialect,
    'x-portkey-custom-host': `${host}/v1`,
  }
  return { ...entrant, port, headers, ...measures(child), kill: child.kill }
}

/** A Python whose packages have TensorZero's wheel: the gateway is the Rust library in it. */
const PYTHON = process.env.BENCH_TENSORZERO ?? 'python3'

function tensorzeroVersion(): string | undefined {
  const ask = 'import importlib.metadata; print(importlib.metadata.version("tensorzero"))'
  try {
    return execFileSync(PYTHON, ['-c', ask], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return undefined
  }
}

/** The one model that it knows has the upstream for its provider. */
async function tensorzero(entrant: Entrant, { upstreamPort, core }: Surroundings): Promise<Contestant> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-tensorzero-'))
  const config = join(folder, 'tensorzero.toml')
  writeFileSync(config, tensorzeroConfig(entrant.dialect, `http://127.0.0.1:${upstreamPort}`))
  const child = spawn(PYTHON, [fileURLToPath(new URL('serve_tensorzero.py', FOLDER)), config], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    // One thread for one core: it would have asked for their number before it is bound.
    env: { ...process.env, BENCH_KEY: 'key', TOKIO_WORKER_THREADS: '1' },
  })
  const stop = async () => {
    await end(child, () => child.kill('SIGTERM'))
    rmSync(folder, { recursive: true, force: true })
  }
  let address = ''
  for await (const piece of child.stdio[3] as Readable) address += piece
  if (address === '') {
    await stop()
    throw new Error('tensorzero did not start')
  }
  const pid = child.pid as number
  bind({ pid }, core)
  const { port, pathname } = new URL(address)
  return {
    ...entrant,
    port: Number(port),
    headers: {},
    path: `${pathname}/chat/completions`,
    rephrase: inMessage,
    cpu: async () => cpuOf(pid) ?? 0,
    memory: async () => ({ rss: residentBytes(pid), used: 0 }),
    stop,
    kill: () => child.kill('SIGKILL'),
  }
}

const MODEL = 'bench'

/** The upstream finds what it is to play in a message as well as in the model's name, which has to be a known one here. */
function inMessage({ model, messages, ...rest }: Chat): Chat {
  const all = messages as { role: string; content: string }[]
  const told = all.map((message, n) =>
    n === all.length - 1 ? { ...message, content: `${model} ${message.content}` } : message,
  )
  return { ...rest, model: `tensorzero::model_name::${MODEL}`, messages: told }
}

const TENSORZERO_PROVIDERS: Partial<Readonly<Record<Dialect, (host: string) => Record<string, string>>>> = {
  openai: (host) => ({
    type: 'openai',
    model_name: MODEL,
    api_base: `${host}/v1/`,
    api_key_location: 'env::BENCH_KEY',
  }),
  anthropic: (host) => ({
    ...{ type: 'anthropic', model_name: MODEL, api_base: `${host}/v1/`, api_key_location: 'env::BENCH_KEY' },
  }),
  bedrock: (host) => ({
    ...{ type: 'aws_bedrock', model_id: MODEL, region: 'us-east-1', endpoint_url: host, api_key: 'env::BENCH_KEY' },
  }),
}

/** No database, and nobody is told of its use. */
function tensorzeroConfig(dialect: Dialect, host: string): string {
  const provider = TENSORZERO_PROVIDERS[dialect]?.(host)
  if (provider === undefined) throw new Error(`tensorzero has no host to set for ${dialect}`)
  const members = Object.entries(provider).map(([name, value]) => `${name} = ${JSON.stringify(value)}`)
  return `
[gateway]
disable_pseudonymous_usage_analytics = true
observability.enabled = false
[models.${MODEL}]
routing = ["upstream"]
[models.${MODEL}.providers.upstream]
${members.join('\n')}
`
}

function once<T>(ask: () => T): () => T {
  let known: { value: T } | undefined
  return () => {
    known ??= { value: ask() }
    return known.value
  }
}
