import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** A tester of such APIs against their published schemas: `pip install llm-comply`. */
const COMPLY = process.env.LLM_COMPLY ?? 'llm-comply'
const STANDALONE = fileURLToPath(new URL('../../examples/standalone.ts', import.meta.url))

/** By the format; and its tests that cannot hold here, with why. */
const FORMATS: Record<string, Record<string, string>> = {
  anthropic: {},
  'open-responses': {
    'error-handling':
      'it leaves the model out, which is right where the config names one, as the emulated providers do',
    'compaction-endpoint': 'a conversation is shortened by its client; with a warning, it passes all the same',
  },
  'openai-chat': { 'chat-error-handling': 'as above' },
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
  let program: ReturnType<typeof spawn> | undefined
  let url = ''

  before(async function () {
    const found = await run(COMPLY, ['--version']).catch(() => undefined)
    if (found === undefined) return this.skip()
    const started = spawn(process.execPath, [STANDALONE, '--port', '0'], { stdio: ['ignore', 'pipe', 'ignore'] })
    program = started
    for await (const line of createInterface(started.stdout)) {
      url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0] ?? ''
      if (url !== '') break
    }
    started.stdout.resume()
  })
  after(() => program?.kill())

  for (const [format, exempt] of Object.entries(FORMATS)) {
    it(`pass for ${format}, but for those that do not apply`, async () => {
      const { results } = await report(format, url)
      assert.ok(results.length > 5, `${results.length} tests`)
      const failed = results.filter(({ id, status }) => status === 'failed' && !(id in exempt))
      assert.deepEqual(failed, [])
    }).timeout(120_000)
  }
})
