import assert from 'node:assert/strict'
import { optionsPage, readPage } from '../../scripts/options-reference.ts'

describe('docs/options.md', () => {
  it('is what the types of the options say', () => {
    assert.equal(readPage(), optionsPage(), 'out of date: run `node scripts/options-reference.ts`')
  })

  it('tells what each of them does', () => {
    const rows = readPage()
      .split('\n')
      .filter((line) => line.startsWith('| `'))
    assert.ok(rows.length > 30)
    for (const row of rows) assert.doesNotMatch(row, /\| {1,2}\|$/, row)
  })
})
