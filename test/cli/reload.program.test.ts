import assert from 'node:assert/strict'
import { once } from 'node:events'
import { cleanUp, file, standalone } from '../examples/process.ts'
import { chat, open, read } from '../helpers/client.ts'
import { cleanup, target } from '../helpers/gateway.ts'
import { answer, scripted } from '../helpers/upstream.ts'

describe('the standalone proxy, at SIGHUP', function () {
  this.timeout(30_000)
  const opened = cleanup()
  afterEach(cleanUp)

  const says = (text: string) => opened(scripted({ chunks: answer(text) }))

  for (const more of [[], ['--workers', '2']]) {
    const title = more.length > 0 ? ', also with workers' : ''

    it(`serves the config as it is now${title}`, async () => {
      const [old, fresh] = [await says('old'), await says('new')]
      const program = await standalone(['--config', file(target(old.url)), ...more])
      assert.equal((await chat(program.url)).text, 'old')
      file(target(fresh.url))
      program.child.kill('SIGHUP')
      await program.logged('config reloaded')
      for (let n = 0; n < 4; n += 1) assert.equal((await chat(program.url)).text, 'new')
    })

    it(`refuses a wrong one, says why, and goes on with the one before${title}`, async () => {
      const old = await says('old')
      const program = await standalone(['--config', file(target(old.url)), ...more])
      file({ ...target(old.url), retries: 3 })
      program.child.kill('SIGHUP')
      const { reason } = await program.logged('config not reloaded')
      assert.match(String(reason), /^retries: /)
      for (let n = 0; n < 4; n += 1) assert.equal((await chat(program.url)).text, 'old')
    })
  }

  it('gives the new one to a worker that is started later', async () => {
    const [old, fresh] = [await says('old'), await says('new')]
    const program = await standalone(['--config', file(target(old.url)), '--workers', '2'])
    file(target(fresh.url))
    program.child.kill('SIGHUP')
    await program.logged('config reloaded')
    const first = await program.logged('worker started')
    process.kill(Number(first.process), 'SIGKILL')
    await program.until(() => program.log().filter(({ msg }) => msg === 'worker started')[2])
    for (let n = 0; n < 4; n += 1) assert.equal((await chat(program.url)).text, 'new')
  })

  it('lets a running answer end under the config that it has', async () => {
    const gate = Promise.withResolvers<void>()
    const old = await opened(scripted({ chunks: answer('o', 'l', 'd'), gate: () => gate.promise }))
    const fresh = await says('new')
    const program = await standalone(['--config', file(target(old.url))])
    const running = open(program.url)
    await old.request(0)
    file(target(fresh.url))
    program.child.kill('SIGHUP')
    await program.logged('config reloaded')
    gate.resolve()
    const result = await read(await running)
    assert.equal(result.text, 'old', JSON.stringify(result))
    assert.equal((await chat(program.url)).text, 'new')
    program.child.kill('SIGTERM')
    await once(program.child, 'close')
  })
})
