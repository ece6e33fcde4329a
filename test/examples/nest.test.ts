import assert from 'node:assert/strict'
import { type CanActivate, Controller, Module, Post, Req, Res, UseGuards } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import type { NestExpressApplication } from '@nestjs/platform-express'
import { createApp } from '../../examples/nest.ts'
import { type StreamgateRequest, type StreamgateResponse, streamgate } from '../../lib/index.ts'
import { chat, HELLO } from '../helpers/client.ts'
import { cleanup, target } from '../helpers/gateway.ts'
import { answer, scripted } from '../helpers/upstream.ts'
import { ALICE, assertOtherPages, describeExample, TOKENS } from './frameworks.ts'

async function listening(app: NestExpressApplication) {
  await app.listen(0, '127.0.0.1')
  return {
    url: await app.getUrl(),
    close() {
      app.getHttpServer().closeAllConnections()
      return app.close()
    },
  }
}

describeExample('NestJS', async (options) => listening(await createApp(options)))

describe('NestJS', () => {
  const opened = cleanup()

  it('still serves its controllers', async () => {
    const app = await createApp({ config: target('http://127.0.0.1:9'), tokens: TOKENS })
    const { url } = await opened(listening(app))
    await assertOtherPages(url)
    assert.equal((await fetch(`${url}/v1/moderations`, { method: 'POST', headers: ALICE })).status, 404)
  })

  it('takes streamgate in a controller, behind a guard and its parser', async () => {
    const up = await opened(scripted({ chunks: answer('fine') }))
    const gate = streamgate(target(up.url))
    let allowed = false
    class Guard implements CanActivate {
      canActivate() {
        return allowed
      }
    }
    class ChatController {
      complete(req: StreamgateRequest, res: StreamgateResponse) {
        gate(req, res)
      }
    }
    const complete = Object.getOwnPropertyDescriptor(ChatController.prototype, 'complete') ?? {}
    Req()(ChatController.prototype, 'complete', 0)
    Res()(ChatController.prototype, 'complete', 1)
    Post('chat/completions')(ChatController.prototype, 'complete', complete)
    UseGuards(Guard)(ChatController.prototype, 'complete', complete)
    Controller('v1')(ChatController)
    class AppModule {}
    Module({ controllers: [ChatController] })(AppModule)

    const app = await NestFactory.create<NestExpressApplication>(AppModule, { logger: false })
    app.useBodyParser('json', { limit: '32mb' })
    const { url } = await opened(listening(app))
    assert.equal((await chat(url)).status, 403)
    assert.equal(up.requests.length, 0)
    allowed = true
    const content = 'y'.repeat(5_000_000)
    const { text, done } = await chat(url, { ...HELLO, messages: [{ role: 'user', content }] })
    assert.deepEqual([text, done], ['fine', true])
    gate.close()
  })
})
