import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { providers } from '../../lib/providers/index.ts'

const page = readFileSync(new URL('../../docs/providers.md', import.meta.url), 'utf8')

describe('the page of the providers', () => {
  for (const name of Object.keys(providers)) {
    const [, part = ''] = page.split(`\n## ${name}\n`)
    const [section = ''] = part.split('\n## ')
    for (const row of ['sent', 'mapped', 'dropped', 'passed natively', 'learned']) {
      it(`tells of ${name} what is ${row}`, () => assert.match(section, new RegExp(`^\\| [^|]*\\b${row}\\b`, 'm')))
    }
  }
})
