/** streamgate in Koa, which waits for it like for any other middleware. */
import Koa, { type Middleware } from 'koa'
import { type Streamgate, type StreamgateConfig, streamgate } from '../lib/index.ts'

export interface AppOptions {
  /** streamgate's. */
  config: StreamgateConfig
  /** Of the users. */
  tokens: ReadonlySet<string>
}

export function createApp({ config, tokens }: AppOptions): Koa {
  const app = new Koa()
  app.use(authenticate(tokens))
  app.use(connect(streamgate(config)))
  app.use((ctx) => {
    ctx.body = 'The rest of the application'
  })
  return app
}

function connect(gate: Streamgate): Middleware {
  return (ctx, next) =>
    new Promise((resolve, reject) => {
      const { body } = ctx.request as { body?: unknown }
      // The answer is streamgate's, unless it calls back.
      ctx.respond = false
      ctx.res.once('close', resolve)
      gate(Object.assign(ctx.req, { body }), ctx.res, () => {
        ctx.respond = true
        next().then(resolve, reject)
      })
    })
}

function authenticate(tokens: AppOptions['tokens']): Middleware {
  return (ctx, next) => {
    const token = ctx.get('authorization').replace(/^Bearer /i, '')
    // The token is ours: a target without a key of its own would be sent it.
    delete ctx.headers.authorization
    if (ctx.method === 'GET' || tokens.has(token)) return next()
    ctx.status = 401
    const error = { message: 'This token is not known.', type: 'invalid_request_error', param: null, code: null }
    ctx.body = { error }
  }
}

if (process.argv[1] === import.meta.filename) {
  const { OPENAI_API_KEY, ANTHROPIC_API_KEY, PORT = '8787' } = process.env
  const app = createApp({
    config: {
      targets: [
        { provider: 'openai', api_key: OPENAI_API_KEY },
        { provider: 'anthropic', api_key: ANTHROPIC_API_KEY, override_params: { model: 'claude-sonnet-5' } },
      ],
    },
    tokens: new Set(['alices-token']),
  })
  app.listen(Number(PORT), '127.0.0.1', () => console.log(`http://127.0.0.1:${PORT}/v1`))
}
