/**
 * `npm run clients`: clients that people use, unmodified, against the standalone proxy in front of every system: agents from npm,
 * libraries for Python from PyPI. Each is installed for this alone, and skipped where it cannot be had. Writes the table in
 * docs/clients.md; exits with 1 if a turn ended in another way than it should.
 * `npm run clients -- codex anthropic`: those whose names have one of these words.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PROVIDERS, type Provider, QUESTION } from '../test/clients/standalone.ts'
import { claudeCode } from './clients/claude-code.ts'
import type { Client, StartedClient } from './clients/client.ts'
import { codex } from './clients/codex.ts'
import { PYTHON_CLIENTS } from './clients/python.ts'
import { SCRIPTS, type Script, wrongIn } from './clients/turns.ts'

const CLIENTS: readonly Client[] = [claudeCode, codex, ...PYTHON_CLIENTS]

const PAGE = new URL('../docs/clients.md', import.meta.url)
const BEGIN = '<!-- Written by npm run clients, from here -->'
const END = '<!-- to here -->'
/** Turns at a time: most of one is a program's start. */
const AT_ONCE = 4

/** What is wrong with one turn; undefined if it is as it should be. */
async function tried(
  { call }: Client,
  { turn }: StartedClient,
  stream: boolean,
  provider: Provider,
  script: Script,
): Promise<string | undefined> {
  const [workDir, homeDir] = ['work', 'home'].map((name) => mkdtempSync(join(tmpdir(), `streamgate-${name}-`)))
  if (workDir === undefined || homeDir === undefined) throw new Error('there is no place for temporary files')
  const marker = join(workDir, 'marker.txt')
  const answer = { calls: [{ id: 'shell0001', ...call(`echo ran >> ${marker}`) }] }
  const { baseURL, close } = await provider.behind(...script.targets(provider, answer))
  try {
    const ended = await turn({ baseURL, model: provider.model, prompt: QUESTION, stream, workDir, homeDir })
    const ran = existsSync(marker) ? readFileSync(marker, 'utf8').trim().split('\n').length : 0
    return wrongIn(script, ended, ran)
  } catch (error) {
    return (error as Error).message
  } finally {
    await close()
    for (const dir of [workDir, homeDir]) rmSync(dir, { recursive: true, force: true })
  }
}

/** Does all of the work, so much at once. */
async function atOnce(work: readonly (() => Promise<void>)[]): Promise<void> {
  const rest = work[Symbol.iterator]()
  const worker = async () => {
    for (const each of rest) await each()
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}

/** The row of a client in the table. */
async function rowOf(client: Client, started: StartedClient, providers: readonly Provider[]): Promise<string> {
  const failures: string[] = []
  const ill = new Map(SCRIPTS.map((script) => [script, new Set<Provider>()]))
  await atOnce(
    providers.flatMap((provider) =>
      SCRIPTS.flatMap((script) =>
        client.streams.map((stream) => async () => {
          const wrong = await tried(client, started, stream, provider, script)
          if (wrong === undefined) return
          ill.get(script)?.add(provider)
          const asked = stream ? 'streamed' : 'whole'
          failures.push(`${client.name} in front of ${provider.name}, ${script.title}, ${asked}: ${wrong}`)
        }),
      ),
    ),
  )
  for (const failure of failures) console.error(failure)
  if (failures.length > 0) process.exitCode = 1
  const counts = [...ill.values()].map(({ size }) => `${providers.length - size} of ${providers.length}`)
  return rowFrom(`${client.name} ${client.version}`, ...counts)
}

const rowFrom = (...cells: readonly string[]) => `| ${cells.join(' | ')} |`

/** Puts the rows into the page, each in place of the same client's. */
function writeRows(rows: ReadonlyMap<Client, string>): void {
  const page = readFileSync(PAGE, 'utf8')
  const [before = '', rest = ''] = page.split(BEGIN)
  const [table = '', behind = ''] = rest.split(END)
  const known = table.trim().split('\n')
  const all = CLIENTS.flatMap(
    (client) => rows.get(client) ?? known.filter((row) => row.startsWith(`| ${client.name} ${client.version} |`)),
  )
  const head = [
    rowFrom('client', ...SCRIPTS.map(({ title }) => title)),
    rowFrom('---', ...SCRIPTS.map(() => '--:')),
    rowFrom('it has to end in', ...SCRIPTS.map(({ expected }) => expected)),
  ]
  writeFileSync(PAGE, `${before}${BEGIN}\n\n${[...head, ...all].join('\n')}\n\n${END}${behind}`)
}

const words = process.argv.slice(2)
const named = <T extends { name: string }>(all: readonly T[]) => {
  const found = all.filter(({ name }) => words.some((word) => name.toLowerCase().includes(word.toLowerCase())))
  return found.length > 0 ? found : all
}
const written = new Map<Client, string>()
for (const client of named(CLIENTS)) {
  const started = await client.start().catch((error: Error) => {
    console.log(`skipped: ${client.name} ${client.version} cannot be had: ${error.message}`)
  })
  if (started === undefined) continue
  const all = [...PROVIDERS, ...(client.others ?? [])]
  const providers = named(all)
  const row = await rowOf(client, started, providers)
  started.close()
  console.log(row)
  if (providers === all) written.set(client, row)
}
writeRows(written)
