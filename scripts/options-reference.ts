/** Writes docs/options.md from the types and comments of lib/options.ts: `node scripts/options-reference.ts`. */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { DEFAULT_LIMITS } from '../lib/options.ts'

const SOURCE = new URL('../lib/options.ts', import.meta.url)
const PAGE = new URL('../docs/options.md', import.meta.url)

const INTRO = `# What can I give it that JSON cannot carry?

<!-- Written by scripts/options-reference.ts from lib/options.ts. -->

The second argument of \`streamgate(config, options)\` and \`createFetch(config, options)\`. All of it is optional, and typed: these are the
types and their comments. What goes into the first is in [config.md](config.md).
`

const SECTIONS = [
  ['Options', 'Options'],
  ['Hooks', 'Hooks, which are options as well'],
  ['Limits', 'limits: bytes, milliseconds, or how many'],
] as const

/** The page as it has to be. */
export function optionsPage(): string {
  const source = readFileSync(SOURCE, 'utf8')
  const sections = SECTIONS.map(([name, title]) => `## ${title}\n\n${tableOf(membersOf(source, name))}\n`)
  return [INTRO, ...sections].join('\n')
}

/** The page as it is. */
export function readPage(): string {
  return readFileSync(PAGE, 'utf8')
}

interface Member {
  name: string
  type: string
  comment: string
}

/** The members of an interface at its first level, each with the comment before it. */
function membersOf(source: string, name: string): Member[] {
  const [, body = ''] = new RegExp(`^export interface ${name}\\b[^{]*\\{\\n([\\s\\S]*?)^\\}`, 'm').exec(source) ?? []
  const members = body.matchAll(
    /^(?: {2}\/\*\*([\s\S]*?)\*\/\n)? {2}(?:readonly )?(\w+)\??: ([\s\S]*?)\n(?= {2}[\w/]|$(?![\s\S]))/gm,
  )
  return [...members].map(([, comment = '', member = '', type = '']) => ({ name: member, type, comment }))
}

function tableOf(members: readonly Member[]): string {
  const rows = members.map(({ name, type, comment }) => {
    const told = comment.replaceAll(/^\s*\* ?/gm, '').replace(/@example[\s\S]*$/, '')
    const [what = '', standard = limitOf(name)] = told.split('@default')
    return [`\`${name}\``, code(plain(type)), plain(standard), plain(what)]
  })
  const lines = [['option', 'type', 'default', 'what it does'], ['---', '---', '---', '---'], ...rows]
  return lines.map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`).join('\n')
}

function limitOf(name: string): string {
  const limits = new Map<string, number>(Object.entries(DEFAULT_LIMITS))
  return limits.get(name)?.toLocaleString('en') ?? '–'
}

/** A nested comment aside, in one line. */
function plain(text: string): string {
  return text
    .replaceAll(/\/\*\*[\s\S]*?\*\//g, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
}

function code(text: string): string {
  return `\`${text}\``
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(PAGE, optionsPage())
