import assert from 'node:assert/strict'
import { cleanUp, standalone } from '../examples/process.ts'
import { chat, HELLO } from '../helpers/client.ts'
import { pages, readPage, snippetsOf } from './snippets.ts'

type Line = Record<string, unknown>

/** Lines of the log that the pages show. */
const shown: Line[] = pages()
  .flatMap(snippetsOf)
  .filter(({ language, info }) => language === 'json' && info === 'output')
  .flatMap(({ text }) => text.trim().split('\n'))
  .map((line) => JSON.parse(line))
  .filter(({ msg }) => msg !== undefined)

/** The names and types of what is in it, also further in. */
function shapeOf(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${path}: ${typeof value}`]
  return Object.entries(value).flatMap(([key, each]) => shapeOf(each, path === '' ? key : `${path}.${key}`))
}

describe('the log lines of the documentation', function () {
  this.timeout(20_000)
  afterEach(cleanUp)

  it('are those of a saved answer, as the program writes them', async () => {
    const program = await standalone()
    await chat(program.url, { ...HELLO, messages: [{ role: 'user', content: 'Please fail' }] })
    assert.ok(shown.length > 3)
    for (const line of shown) {
      const real = await program.logged(String(line.msg))
      const missing = shapeOf(line).filter((each) => !shapeOf(real).includes(each))
      assert.deepEqual(missing, [])
      for (const key of ['level', 'outcome', 'attempts', 'attempt', 'target', 'provider', 'failure']) {
        if (key in line) assert.deepEqual(line[key], real[key])
      }
    }
  })

  it('have all messages that the program writes beside them', async () => {
    const program = await standalone(['--redis-url', 'redis://127.0.0.1:1'])
    await chat(program.url, { ...HELLO, messages: [{ role: 'user', content: 'Please fail' }] })
    await program.logged('redis is not connected')
    program.child.kill('SIGTERM')
    await program.exited
    const told = new Set(program.log().map(({ msg }) => String(msg)))
    const page = readPage('docs/operations.md')
    for (const msg of told) assert.ok(page.includes(`\`${msg}\``) || msg.startsWith('The breaker store failed'), msg)
  })
})
