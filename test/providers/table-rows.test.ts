import assert from 'node:assert/strict'
import { MODEL_ROWS } from '../../lib/providers/bedrock/model-table.ts'
import type { TableRow } from '../../lib/providers/table-row.ts'

const TABLES: Record<string, readonly TableRow[]> = { 'bedrock/model-table.ts': MODEL_ROWS }
const YEAR_MS = 366 * 24 * 60 * 60 * 1000

describe('tables of what models take', () => {
  for (const [file, rows] of Object.entries(TABLES)) {
    it(`name a source and a month for each row of ${file}`, () => {
      for (const { source, seen } of rows) {
        assert.notEqual(source, '')
        assert.match(seen, /^20\d\d-(0[1-9]|1[0-2])$/)
      }
    })

    it(`have rows in ${file} that are not older than a year`, function () {
      const old = rows.filter(({ seen }) => Date.now() - Date.parse(`${seen}-01`) > YEAR_MS)
      // To be looked up again, not a fault of the change at hand.
      if (old.length > 0) {
        console.log(
          `    ${file}: look up again\n${old.map(({ source, seen }) => `      ${seen} ${source}`).join('\n')}`,
        )
        this.skip()
      }
    })
  }
})
