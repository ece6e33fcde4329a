import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root, type Snippet, withSources } from './snippets.ts'

/** Loaded ahead of a snippet: it has neither keys nor a network. */
export const PRELOAD = fileURLToPath(new URL('preload.ts', import.meta.url))

const ONE_BY_ONE = fileURLToPath(new URL('one-by-one.ts', import.meta.url))

/** The value of all that looks like the name of a key. */
export const KEY = 'a-key-of-nobody'

/** A folder in which snippets find their imports; to be removed. */
export function snippetFolder() {
  const folder = mkdtempSync(fileURLToPath(new URL('.snippets-', root)))
  return {
    path: folder,
    /** Puts a snippet where its imports are found. Answers its path. */
    write(snippet: Snippet): string {
      const { file, line, language } = snippet
      const path = join(folder, `${file.replaceAll(/\W/g, '-')}-${line}.${language}`)
      writeFileSync(path, withSources(snippet))
      return path
    },
    remove: () => rmSync(folder, { recursive: true }),
  }
}

export interface SnippetProgram {
  child: ChildProcess
  printed(): string
  /** With the exit code; null if a signal killed it. */
  ended: Promise<{ code: number | null }>
  begun: Promise<Begun>
}

/** What comes first: it listens, or it ends. */
type Begun = { port: number } | { code: number | null }

/** Runs a snippet in a process of its own. */
export function runSnippet(path: string, environment: Record<string, string>): SnippetProgram {
  const child = fork(path, {
    execArgv: ['--import', PRELOAD],
    env: { ...process.env, ...environment },
    silent: true,
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text) => (printed += text))
  const ended = once(child, 'close').then(([code]: (number | null)[]) => ({ code: code ?? null }))
  const listening = once(child, 'message').then(([told]) => told as { port: number })
  return { child, printed: () => printed, ended, begun: Promise.race([listening, ended]) }
}

/** A process in which snippets run one after the other. */
export function oneByOne(environment: Record<string, string>) {
  let program: SnippetProgram | undefined
  return {
    /** Runs a snippet until it listens or has ended; answers this, and what it has printed. One that fails ends the process. */
    async run(path: string): Promise<Begun & { printed: string }> {
      if (!program?.child.connected) program = runSnippet(ONE_BY_ONE, environment)
      const { child, ended, printed } = program
      const before = printed().length
      const told = once(child, 'message').then(([begun]) => begun as Begun)
      child.send({ path })
      const begun = await Promise.race([told, ended])
      return { ...begun, printed: printed().slice(before) }
    },
    /** Resolves with the exit code, once nothing that the snippets have left keeps the process. */
    async end(): Promise<number | null | undefined> {
      program?.child.send({})
      return (await program?.ended)?.code
    },
    async kill(): Promise<void> {
      program?.child.kill('SIGKILL')
      await program?.ended
    },
  }
}

/** Everything that looks like the name of a key gets one. */
export function keysIn(snippets: readonly Snippet[]): Record<string, string> {
  const names = snippets.flatMap(
    ({ text }) => text.match(/\b[A-Z][A-Z0-9]*(_[A-Z0-9]+)*_(KEY|KEY_ID|TOKEN|ID)\b/g) ?? [],
  )
  return Object.fromEntries(names.map((name) => [name, KEY]))
}
