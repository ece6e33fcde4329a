import assert from 'node:assert/strict'
import { cleanUp, file, standalone } from '../examples/process.ts'
import { chat, open, read } from '../helpers/client.ts'
import { cleanup, target } from '../helpers/gateway.ts'
import { answer, type Scripted, scripted } from '../helpers/upstream.ts'

describe('the standalone proxy, at SIGHUP', function () {
  this.timeout(30_000)

  for (const more of [[], ['--workers', '2']]) {
    describe(`${more.join(' ') || 'alone'}, asked one thing after another`, () => {
      const opened = cleanup(after)
      after(cleanUp)
      let program: Awaited<ReturnType<typeof standalone>>
      let old: Scripted
      let fresh: Scripted
      let gate = Promise.resolve()

      before(async () => {
        old = await opened(scripted({ chunks: answer('o', 'l', 'd'), gate: () => gate }))
        fresh = await opened(scripted({ chunks: answer('new') }))
        program = await standalone(['--config', file(target(old.url)), ...more])
      })

      it('refuses a config that is wrong, says why, and goes on with the one before', async () => {
        file({ ...target(old.url), retries: 3 })
        program.child.kill('SIGHUP')
        const { reason } = await program.logged('config not reloaded')
        assert.match(String(reason), /^retries: /)
        for (let n = 0; n < 4; n += 1) assert.equal((await chat(program.url)).text, 'old')
      })

      it('serves the config as it is now, and lets a running answer end under the one that it has', async () => {
        const { promise, resolve } = Promise.withResolvers<void>()
        gate = promise
        const running = open(program.url)
        await old.request(old.requests.length)
        file(target(fresh.url))
        program.child.kill('SIGHUP')
        await program.logged('config reloaded')
        for (let n = 0; n < 4; n += 1) assert.equal((await chat(program.url)).text, 'new')
        resolve()
        const result = await read(await running)
        assert.equal(result.text, 'old', JSON.stringify(result))
      })

      if (more.length > 0) {
        it('gives the new one to a worker that is started later', async () => {
          const first = await program.logged('worker started')
          process.kill(Number(first.process), 'SIGKILL')
          await program.until(() => program.log().filter(({ msg }) => msg === 'worker started')[2])
          for (let n = 0; n < 4; n += 1) assert.equal((await chat(program.url)).text, 'new')
        })
      }
    })
  }
})
