/**
 * streamgate in NestJS on Express, as middleware before the application's own controllers. Decorators are called as functions
 * here, since Node runs this file as it is; `@Module({ … })` is the same.
 */
import 'reflect-metadata'
import { Controller, Get, Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import type { NestExpressApplication } from '@nestjs/platform-express'
import type { RequestHandler } from 'express'
import { type StreamgateConfig, streamgate } from '../lib/index.ts'

export interface AppOptions {
  /** streamgate's. */
  config: StreamgateConfig
  /** Of the users. */
  tokens: ReadonlySet<string>
}

class PagesController {
  home() {
    return 'The rest of the application'
  }
}
Get()(PagesController.prototype, 'home', Object.getOwnPropertyDescriptor(PagesController.prototype, 'home') ?? {})
Controller()(PagesController)

class AppModule {}
Module({ controllers: [PagesController] })(AppModule)

export async function createApp({ config, tokens }: AppOptions): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(AppModule, { logger: ['error', 'warn'] })
  app.use('/v1', authenticate(tokens), streamgate(config))
  return app
}

function authenticate(tokens: AppOptions['tokens']): RequestHandler {
  return ({ headers }, res, next) => {
    const token = headers.authorization?.replace(/^Bearer /i, '') ?? ''
    // The token is ours: a target without a key of its own would be sent it.
    delete headers.authorization
    if (tokens.has(token)) return next()
    const error = { message: 'This token is not known.', type: 'invalid_request_error', param: null, code: null }
    res.status(401).json({ error })
  }
}

if (process.argv[1] === import.meta.filename) {
  const { OPENAI_API_KEY, ANTHROPIC_API_KEY, PORT = '8787' } = process.env
  const app = await createApp({
    config: {
      targets: [
        { provider: 'openai', api_key: OPENAI_API_KEY },
        { provider: 'anthropic', api_key: ANTHROPIC_API_KEY, override_params: { model: 'claude-sonnet-5' } },
      ],
    },
    tokens: new Set(['alices-token']),
  })
  await app.listen(PORT, '127.0.0.1')
  console.log(`${await app.getUrl()}/v1`)
}
