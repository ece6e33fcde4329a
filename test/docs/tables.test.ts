import assert from 'node:assert/strict'
import { type FailureKind, streamFailure } from '../../lib/errors.ts'
import { DEFAULT_LIMITS } from '../../lib/options.ts'
import { readPage } from './snippets.ts'

/** The rows of all tables of a page, as their cells. */
function rowsOf(page: string): string[][] {
  const lines = readPage(page)
    .split('\n')
    .filter((line) => line.startsWith('| '))
  return lines.map((line) => line.slice(2, -2).split(' | '))
}

function shown(name: string, value: number): string {
  if (/(Timeout|Ttl)$/.test(name)) return shownTime(value)
  if (!/Bytes$/.test(name)) return value.toLocaleString('en')
  return value % 1024 ** 2 === 0 ? `${value / 1024 ** 2} MB` : `${value / 1024} KB`
}

function shownTime(ms: number): string {
  if (ms % 3_600_000 === 0) return `${ms / 3_600_000} h`
  return ms % 60_000 === 0 ? `${ms / 60_000} min` : `${ms / 1000} s`
}

describe('the tables of the documentation', () => {
  it('tell every limit with its default', () => {
    const rows = new Map(rowsOf('docs/security.md').map(([name, value]) => [name, value]))
    for (const [name, value] of Object.entries(DEFAULT_LIMITS)) {
      assert.equal(rows.get(`\`${name}\``), shown(name, value), name)
    }
  })

  it('tell what becomes of failures of transport, time and stream', () => {
    const rows = rowsOf('docs/failures.md').map((cells) => cells.slice(1).join(' '))
    for (const kind of ['connect', 'timeout', 'truncated', 'malformed', 'broken-end'] as const) {
      const { status, type, code } = streamFailure(kind, '').api
      assert.ok(rows.includes(`${status} \`${type}\` \`${code}\``), kind)
    }
  })

  it('tell every kind of failure', () => {
    const kinds: Record<FailureKind, true> = {
      request: true,
      connect: true,
      timeout: true,
      status: true,
      truncated: true,
      malformed: true,
      'in-band': true,
      'broken-end': true,
      unusable: true,
      skipped: true,
    }
    const told = rowsOf('docs/failures.md').map(([name]) => name)
    for (const kind of Object.keys(kinds)) assert.ok(told.includes(`\`${kind}\``), kind)
  })
})
