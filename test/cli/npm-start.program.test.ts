import assert from 'node:assert/strict'
import { cleanUp, file, run } from '../examples/process.ts'
import { chat, open, read } from '../helpers/client.ts'
import { cleanup, target } from '../helpers/gateway.ts'
import { answer, scripted } from '../helpers/upstream.ts'

describe('npm start', function () {
  this.timeout(60_000)
  const opened = cleanup()
  afterEach(cleanUp)

  it('lets running answers end on SIGTERM, and leaves nothing behind', async function () {
    if (process.platform === 'win32') this.skip()
    const next = Promise.withResolvers<void>()
    const chunks = answer('first', ' second')
    const parts = [chunks.slice(0, 2).join(''), chunks.slice(2).join('')]
    const up = await opened(scripted({ chunks: parts, gate: () => next.promise }))
    const config = file(target(up.url))
    const program = run('standalone', [], { through: () => ['npm', 'start', '--', '--port', '0', '--config', config] })
    const url = String((await program.logged('listening')).url)
    const response = await open(url)
    program.child.kill('SIGTERM')
    await program.logged('stopping')
    next.resolve()
    assert.equal((await read(response)).text, 'first second')
    await program.logged('stopped')
    // What holds its output open has ended.
    await program.exited
    await assert.rejects(chat(url), { code: 'ECONNREFUSED' })
  })
})
