import assert from 'node:assert/strict'
import { providersPage, readPage } from '../../scripts/providers-table.ts'
import { describeRecorded } from './recordings.ts'

describeRecorded('docs/providers.md', () => {
  it('says what the code makes of the recordings today', async () => {
    assert.equal(readPage(), await providersPage(), 'out of date: run `node scripts/providers-table.ts`')
  })
})
