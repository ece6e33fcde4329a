import assert from 'node:assert/strict'
import { cleanUp, run } from './process.ts'

const KEYS = { OPENAI_API_KEY: 'sk-a', ANTHROPIC_API_KEY: 'sk-b' }

describe('the examples of mounts', function () {
  this.timeout(20_000)
  afterEach(cleanUp)

  for (const example of ['existing-app', 'custom-provider', 'custom-transform', 'fastify', 'koa', 'hono', 'nest']) {
    it(`run by themselves: ${example}`, async () => {
      const program = run(example, [], { env: { ...KEYS, PORT: '0' } })
      await program.printed(/^http:\/\/127\.0\.0\.1:/m)
      assert.equal(program.stderr(), '')
    })
  }
})
