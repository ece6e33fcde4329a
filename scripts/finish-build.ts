/**
 * What the compiler leaves to do in `dist`: the JSON Schema of a config is written, files that are no TypeScript are copied,
 * and types that no one can import are removed, so that they are not in the package.
 */
import { cpSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, normalize } from 'node:path'
import { configJsonSchema } from './json-schema.ts'

interface Entry {
  types?: string
}

const { exports } = JSON.parse(readFileSync('package.json', 'utf8')) as { exports: Record<string, Entry | string> }

writeFileSync('dist/gateway.schema.json', `${JSON.stringify(configJsonSchema(), null, 2)}\n`)
for (const file of globSync('**/*.{js,html,css,json}', { cwd: 'lib' })) cpSync(join('lib', file), join('dist', file))

const needed = new Set<string>()
for (const entry of Object.values(exports)) if (typeof entry === 'object' && entry.types) need(normalize(entry.types))
for (const file of globSync('dist/**/*.d.ts')) if (!needed.has(file)) rmSync(file)

/** A file of types, and all that it imports. */
function need(file: string): void {
  if (needed.has(file)) return
  needed.add(file)
  for (const [, path = ''] of readFileSync(file, 'utf8').matchAll(/(?:from |import\()['"](\.[^'"]+)\.[jt]s['"]/g)) {
    need(join(file, '..', `${path}.d.ts`))
  }
}
