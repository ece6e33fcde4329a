import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Program {
  child: ChildProcess
  stdout(): string
  stderr(): string
  /** The log's lines so far. */
  log(): Record<string, unknown>[]
  /** Resolves with the first line of the log that has this message. */
  logged(msg: string): Promise<Record<string, unknown>>
  /** Resolves with what this finds in the output so far, as soon as it finds something. */
  until<T>(find: () => T | undefined): Promise<T>
  /** Resolves with the first match in what was printed. */
  printed(pattern: RegExp): Promise<RegExpExecArray>
  /** Resolves with the exit code, once all output is in; null if a signal killed it. */
  exited: Promise<number | null>
}

const running = new Set<ChildProcess>()
const root = new URL('../../', import.meta.url)

/** Runs an example as a process of its own, at the root of the project. */
export function run(example: string, args: readonly string[] = [], options: RunOptions = {}): Program {
  const { through = (line) => line } = options
  const [program = '', ...rest] = through([
    process.execPath,
    ...(options.node ?? []),
    `examples/${example}.ts`,
    ...args,
  ])
  const child = spawn(program, rest, {
    cwd: fileURLToPath(root),
    env: { ...process.env, ...options.env },
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  })
  // It may end before it has read all.
  child.stdin?.on('error', () => {}).end(options.input)
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    child.emit('printed')
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
    child.emit('printed')
  })
  running.add(child)
  const exited = once(child, 'close').then(([code]: (number | null)[]) => {
    running.delete(child)
    child.emit('printed')
    return code ?? null
  })

  const until = async <T>(find: () => T | undefined): Promise<T> => {
    for (;;) {
      const found = find()
      if (found !== undefined) return found
      if (!running.has(child)) throw new Error(`The example ended too early.\n${stdout}${stderr}`)
      await once(child, 'printed')
    }
  }
  const log = () =>
    stdout
      .split('\n')
      .slice(0, -1)
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>)

  return {
    child,
    stdout: () => stdout,
    stderr: () => stderr,
    log,
    until,
    logged: (msg) => until(() => log().find((line) => line.msg === msg)),
    printed: (pattern) => until(() => pattern.exec(stdout + stderr) ?? undefined),
    exited,
  }
}

interface RunOptions {
  env?: Record<string, string>
  /** What its standard input has. */
  input?: string | Buffer
  /** Node's own arguments. */
  node?: readonly string[]
  /** The command line that runs this one. */
  through?: (line: readonly string[]) => readonly string[]
}

/** The standalone on a free port, once it listens. */
export async function standalone(
  args: readonly string[] = [],
  options: RunOptions = {},
): Promise<Program & { url: string }> {
  const program = run('standalone', ['--port', '0', ...args], options)
  const { url } = await program.logged('listening')
  return { ...program, url: String(url) }
}

let folder: string | undefined

/** A path in a folder of this test. */
export function path(name: string): string {
  folder ??= mkdtempSync(join(tmpdir(), 'streamgate-'))
  return join(folder, name)
}

/** A file with this text or these bytes; objects as JSON. Answers its path. */
export function file(content: unknown, name = 'gateway.json'): string {
  const raw = typeof content === 'string' || Buffer.isBuffer(content)
  writeFileSync(path(name), raw ? content : JSON.stringify(content))
  return path(name)
}

/** For `afterEach`: ends what a failed test has left. */
export async function cleanUp(): Promise<void> {
  const closed = [...running].map((child) => once(child, 'close'))
  for (const child of running) child.kill('SIGKILL')
  await Promise.all(closed)
  if (folder !== undefined) rmSync(folder, { recursive: true })
  folder = undefined
}
