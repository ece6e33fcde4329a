import assert from 'node:assert/strict'
import { keysIn, runSnippet, type SnippetProgram, snippetFolder } from './programs.ts'
import { snippetsOf } from './snippets.ts'

describe('the app with CORS of docs/mount.md', function () {
  this.timeout(20_000)
  const folder = snippetFolder()
  let program: SnippetProgram
  let url: string

  before(async () => {
    const app = snippetsOf('docs/mount.md').find(({ text }) => text.includes("from 'cors'"))
    assert.ok(app)
    program = runSnippet(folder.write(app), keysIn([app]))
    const begun = await program.begun
    assert.ok('port' in begun, program.printed())
    url = `http://127.0.0.1:${begun.port}/v1/chat/completions`
  })
  after(async () => {
    program.child.kill('SIGKILL')
    await program.ended
    folder.remove()
  })

  const preflight = (origin: string) =>
    fetch(url, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } })

  it('answers what a browser asks first, which has no token', async () => {
    const { status, headers } = await preflight('https://app.example.com')
    assert.equal(status, 204)
    assert.equal(headers.get('access-control-allow-origin'), 'https://app.example.com')
    assert.match(headers.get('access-control-allow-headers') ?? '', /authorization/)
  })

  it('names no other origin', async () => {
    const { headers } = await preflight('https://evil.example')
    assert.equal(headers.get('access-control-allow-origin'), null)
  })

  it('lets a page read why it is refused', async () => {
    const headers = { origin: 'https://app.example.com', 'content-type': 'application/json' }
    const response = await fetch(url, { method: 'POST', headers, body: '{}' })
    assert.equal(response.status, 401)
    assert.equal(response.headers.get('access-control-allow-origin'), 'https://app.example.com')
    assert.match(response.headers.get('access-control-expose-headers') ?? '', /x-request-id/)
  })
})
