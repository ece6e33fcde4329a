import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { check } from '../../lib/cli/check.ts'
import { record } from '../../lib/cli/record.ts'
import { replay } from '../../lib/cli/replay.ts'
import { serve } from '../../lib/cli/serve.ts'
import { cleanUp, file } from '../examples/process.ts'
import { executed } from './executed.ts'

const page = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8')

/** The text between these lines of the page. */
function snippet(before: string, language: string): string {
  const from = page.indexOf(before)
  assert.notEqual(from, -1, before)
  return new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(page.slice(from))?.[1] ?? ''
}

describe('the page about the program', () => {
  afterEach(cleanUp)

  it('shows what check prints for its config', async () => {
    const path = file(snippet('## Check', 'json'))
    const env = { OPENAI_API_KEY: 'sk-1', ANTHROPIC_API_KEY: 'sk-2' }
    const { code, stdout } = await executed(check, [path], { env })
    assert.equal(code, 0)
    assert.equal(stdout.replace(path, 'gateway.json'), snippet('prints what it will do', 'text'))
  })

  for (const [{ usage }, title] of [
    [serve, 'Serve'],
    [check, 'Check'],
    [replay, 'Replay'],
    [record, 'Record'],
  ] as const) {
    it(`tells of every option under ${title}`, () => {
      const [, section = ''] = new RegExp(`\n## ${title}\n([^]*?)(\n## |$)`).exec(page) ?? []
      const options = usage.match(/^ {2}--[a-z-]+/gm) ?? []
      // Of record, the page tells by example.
      const told = title === 'Record' ? options.filter((each) => !/timeout/.test(each)) : options
      assert.ok(told.length > 0)
      for (const option of told.map((each) => each.trim())) {
        if (option !== '--help') assert.ok(section.includes(option), option)
      }
    })
  }
})
