import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type ChatCompletionRequest, LLMock } from '@copilotkit/aimock'
import { begunIn, restOf } from '../../lib/cli/rest-of-answer.ts'
import { keysIn, runSnippet, type SnippetProgram, snippetFolder } from './programs.ts'
import { type Snippet, snippetsOf } from './snippets.ts'

const snippets = snippetsOf('docs/examples.md')
const [server, ...rest] = snippets.filter(({ language }) => language === 'ts')

/** What stands behind a snippet. */
const shownBehind = (snippet: Snippet, info: string) =>
  snippets.find((each) => each.line > snippet.line && each.info === info)

const WHOLE = 'One answer, whole, and nobody saw where it broke.'

/** Three providers in one; the first of them hangs up if it is asked to fail. */
function emulator(): LLMock {
  const mock = new LLMock({ port: 0, latency: 30, chunkSize: 8 })
  const wasBegun = ({ messages }: ChatCompletionRequest) => begunIn(messages) !== ''
  const CALL = { toolCalls: [{ id: 'call_1', name: 'get_weather', arguments: '{"city":"Paris"}' }] }
  return mock
    .on({ predicate: wasBegun }, ({ messages }) => ({ content: restOf(WHOLE, messages) }))
    .on({ model: 'gpt-4o', userMessage: 'fail' }, { content: WHOLE }, { truncateAfterChunks: 5 })
    .on({ userMessage: 'fail' }, { content: 'Another answer, in its own words.' })
    .on({ userMessage: 'weather' }, CALL)
    .on({}, { content: 'Hello from the first one.' })
}

describe('the examples of docs/examples.md', function () {
  this.timeout(20_000)
  const folder = snippetFolder()
  const mock = emulator()
  const environment = keysIn(snippets)
  let gateway: SnippetProgram

  before(async () => {
    assert.ok(server)
    environment.EMULATOR_PORT = new URL(await mock.start()).port
    gateway = runSnippet(folder.write(server), environment)
    const begun = await gateway.begun
    assert.ok('port' in begun, gateway.printed())
    environment.GATEWAY_PORT = String(begun.port)
  })
  after(async () => {
    gateway.child.kill('SIGKILL')
    await gateway.ended
    await mock.stop()
    folder.remove()
  })

  for (const example of rest) {
    it(`print what the page shows: line ${example.line}`, async () => {
      const client = runSnippet(folder.write(example), environment)
      await client.ended
      assert.equal(client.printed(), shownBehind(example, 'output')?.text)
    })
  }

  it('have a line of the server for each chunk, with the metadata', async () => {
    const [example] = rest.filter(({ text }) => text.includes('x-portkey-metadata'))
    assert.ok(example)
    const shown = shownBehind(example, 'server')?.text ?? ''
    assert.match(shown, /"finish_reason".*\n.*"usage"/)
    while (!gateway.printed().includes(shown)) await once(gateway.child.stdout ?? gateway.child, 'data')
  })
})
