import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { type Offline, startOffline } from '../../lib/cli/offline.ts'
import { type Gateway, gateway } from '../helpers/gateway.ts'

/** A tester of such APIs against their published schemas: `pip install llm-comply`. */
const COMPLY = process.env.LLM_COMPLY ?? 'llm-comply'

/**
 * By the format: the emulated provider that answers, one of another dialect, since its own words would pass as they are; and the
 * tests that cannot hold here, with why.
 */
const FORMATS: Record<string, { target: string; exempt: Record<string, string> }> = {
  anthropic: { target: 'first', exempt: {} },
  'open-responses': {
    target: 'second',
    exempt: {
      'error-handling': 'it leaves the model out, which is right where the config names one, as this does',
      'compaction-endpoint': 'a conversation is shortened by its client; with a warning, it passes all the same',
    },
  },
  'openai-chat': { target: 'second', exempt: { 'chat-error-handling': 'as above' } },
}

interface Report {
  results: { id: string; status: string; errors?: string[] }[]
}

const run = promisify(execFile)

async function report(format: string, url: string): Promise<Report> {
  const args = ['-u', `${url}/v1`, '-k', 'k', '-m', 'gpt-4o', '--format', format, '--json']
  const { stdout } = await run(COMPLY, args).catch((failed: { stdout?: string }) => ({ stdout: failed.stdout ?? '' }))
  return JSON.parse(stdout)
}

describe('the tests of llm-comply', () => {
  let offline: Offline | undefined
  let gate: Gateway | undefined

  before(async function () {
    const found = await run(COMPLY, ['--version']).catch(() => undefined)
    if (found === undefined) return this.skip()
    offline = await startOffline()
  })
  afterEach(() => gate?.close())
  after(() => offline?.stop())

  for (const [format, { target, exempt }] of Object.entries(FORMATS)) {
    it(`pass for ${format}, but for those that do not apply`, async () => {
      gate = await gateway(offline?.config.targets.find(({ name }) => name === target))
      const { results } = await report(format, gate.url)
      assert.ok(results.length > 5, `${results.length} tests`)
      const failed = results.filter(({ id, status }) => status === 'failed' && !(id in exempt))
      assert.deepEqual(failed, [])
    }).timeout(120_000)
  }
})
