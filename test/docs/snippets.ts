import { readdirSync, readFileSync } from 'node:fs'

/** A fenced piece of code in the documentation. */
export interface Snippet {
  /** `docs/mount.md` */
  readonly file: string
  /** Of its first line. */
  readonly line: number
  readonly language: string
  /** What stands behind the language: `no-run`, `output`. */
  readonly info: string
  readonly text: string
}

export const root = new URL('../../', import.meta.url)

/** The pages that a user reads: README.md and docs/*.md. */
export function pages(): string[] {
  const docs = readdirSync(new URL('docs/', root)).filter((name) => name.endsWith('.md'))
  return ['README.md', ...docs.map((name) => `docs/${name}`)]
}

export function readPage(file: string): string {
  return readFileSync(new URL(file, root), 'utf8')
}

const FENCE = /^```(\w*) ?(.*)\n([\s\S]*?)^```$/gm

export function snippetsOf(file: string): Snippet[] {
  const page = readPage(file)
  return [...page.matchAll(FENCE)].map(({ index, 1: language = '', 2: info = '', 3: text = '' }) => {
    const line = page.slice(0, index).split('\n').length + 1
    return { file, line, language, info, text }
  })
}

interface PackageJson {
  name: string
  exports: Record<string, { default?: string }>
}

/** The snippet as a module of this project: what it imports from the package comes from the sources that make it. */
export function withSources({ text }: Snippet): string {
  const { name, exports } = JSON.parse(readPage('package.json')) as PackageJson
  return text.replaceAll(new RegExp(`(from|import) '${name}(/[\\w-]+)?'`, 'g'), (_match, word: string, path = '') => {
    const built = exports[`.${path}`]?.default
    if (built === undefined) throw new Error(`package.json exports no ${name}${path}`)
    return `${word} '${built.replace('./dist/', '../lib/').replace(/\.js$/, '.ts')}'`
  })
}
