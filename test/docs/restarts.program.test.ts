import assert from 'node:assert/strict'
import { cleanup, fallback, gateway, target } from '../helpers/gateway.ts'
import { answer, ROLE, scripted, text } from '../helpers/upstream.ts'
import { keysIn, runSnippet, snippetFolder } from './programs.ts'
import { snippetsOf } from './snippets.ts'

const snippets = snippetsOf('docs/restarts.md').filter(({ language }) => language === 'ts')

describe('the clients of docs/restarts.md', function () {
  this.timeout(20_000)
  const folder = snippetFolder()
  const opened = cleanup()
  after(() => folder.remove())

  for (const snippet of snippets) {
    const [, library = ''] = /from '([^']+)'/.exec(snippet.text) ?? []
    it(`have the second answer alone: ${library}, line ${snippet.line}`, async () => {
      const broken = await opened(scripted({ chunks: [ROLE, text('The first answer')], finish: 'cut' }))
      const other = await opened(scripted({ chunks: answer('Another', ' answer.') }))
      const gate = await opened(gateway({ ...fallback(target(broken.url), target(other.url)), mid_stream: 'restart' }))
      const client = runSnippet(folder.write(snippet), {
        ...keysIn([snippet]),
        GATEWAY_PORT: new URL(gate.url).port,
      })
      await client.ended
      assert.equal(client.printed(), 'Another answer.\n')
      assert.equal(gate.outcomes[0]?.restarts, 1)
    })
  }
})
