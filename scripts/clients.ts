/**
 * `npm run clients`: the agents that people use, unmodified, against the standalone proxy in front of every system. Each is
 * installed from npm for this alone, and skipped where it cannot be had. Writes the table in docs/clients.md; exits with 1 if a
 * turn ended in another way than it should. `npm run clients -- codex anthropic`: those whose names have one of these words.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PROVIDERS, type Provider, QUESTION } from '../test/clients/standalone.ts'
import { claudeCode } from './clients/claude-code.ts'
import type { AgentClient } from './clients/client.ts'
import { codex } from './clients/codex.ts'
import { printed } from './clients/program.ts'
import { SCRIPTS, type Script, wrongIn } from './clients/turns.ts'

const CLIENTS: readonly AgentClient[] = [codex, claudeCode]

const PAGE = new URL('../docs/clients.md', import.meta.url)
const BEGIN = '<!-- Written by npm run clients, from here -->'
const END = '<!-- to here -->'
/** Turns at a time: most of one is a program's start. */
const AT_ONCE = 4

/** The path of its program; undefined if it cannot be had. */
async function installed({ package: name, version, bin }: AgentClient): Promise<string | undefined> {
  const dir = join(tmpdir(), `streamgate-clients-${bin}-${version}`)
  const path = join(dir, 'node_modules', '.bin', bin)
  if (existsSync(path)) return path
  const args = ['install', '--prefix', dir, '--no-save', '--no-audit', '--no-fund', `${name}@${version}`]
  const { code, stderr } = await printed('npm', args).catch((error: Error) => ({ code: 1, stderr: error.message }))
  if (code === 0 && existsSync(path)) return path
  console.log(`skipped: ${name}@${version} cannot be had: ${stderr.trim().split('\n').at(-1)}`)
  return undefined
}

/** What is wrong with one turn; undefined if it is as it should be. */
async function tried(
  client: AgentClient,
  bin: string,
  provider: Provider,
  script: Script,
): Promise<string | undefined> {
  const [workDir, homeDir] = ['work', 'home'].map((name) => mkdtempSync(join(tmpdir(), `streamgate-${name}-`)))
  if (workDir === undefined || homeDir === undefined) throw new Error('there is no place for temporary files')
  const marker = join(workDir, 'marker.txt')
  const call = { calls: [{ id: 'shell0001', ...client.call(`echo ran >> ${marker}`) }] }
  const { baseURL, close } = await provider.behind(...script.targets(provider, call))
  try {
    const turn = await client.turn({ bin, baseURL, model: provider.model, prompt: QUESTION, workDir, homeDir })
    const ran = existsSync(marker) ? readFileSync(marker, 'utf8').trim().split('\n').length : 0
    return wrongIn(script, turn, ran)
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

/** The rows of a client's table. */
async function rowsOf(client: AgentClient, bin: string, providers: readonly Provider[]): Promise<string[]> {
  const failures: string[] = []
  const well = new Map(SCRIPTS.map((script) => [script, 0]))
  await atOnce(
    providers.flatMap((provider) =>
      SCRIPTS.map((script) => async () => {
        const wrong = await tried(client, bin, provider, script)
        if (wrong === undefined) well.set(script, (well.get(script) ?? 0) + 1)
        else failures.push(`${client.name} in front of ${provider.name}, ${script.title}: ${wrong}`)
      }),
    ),
  )
  for (const failure of failures) console.error(failure)
  if (failures.length > 0) process.exitCode = 1
  return [...well].map(
    ([{ title, expected }, count]) =>
      `| ${client.name} ${client.version} | ${title} | ${expected} | ${count} of ${providers.length} |`,
  )
}

/** Puts the rows into the page, in place of those of the same client. */
function writeRows(client: AgentClient, rows: readonly string[]): void {
  const page = readFileSync(PAGE, 'utf8')
  const [before = '', rest = ''] = page.split(BEGIN)
  const [table = '', behind = ''] = rest.split(END)
  const [title, rule, ...known] = table.trim().split('\n')
  const others = known.filter((row) => !row.startsWith(`| ${client.name} `))
  const written = [title, rule, ...others, ...rows].join('\n')
  writeFileSync(PAGE, `${before}${BEGIN}\n\n${written}\n\n${END}${behind}`)
}

const words = process.argv.slice(2)
const named = <T extends { name: string }>(all: readonly T[]) => {
  const found = all.filter(({ name }) => words.some((word) => name.toLowerCase().includes(word.toLowerCase())))
  return found.length > 0 ? found : all
}
for (const client of named(CLIENTS)) {
  const bin = await installed(client)
  if (bin === undefined) continue
  const all = [...PROVIDERS, ...(client.others ?? [])]
  const providers = named(all)
  const rows = await rowsOf(client, bin, providers)
  console.log(rows.join('\n'))
  if (providers === all) writeRows(client, rows)
}
