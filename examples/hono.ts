/** streamgate in Hono on Node, as the fetch that a route hands its Request to. */
import { serve } from '@hono/node-server'
import { Hono, type MiddlewareHandler } from 'hono'
import { createFetch, type StreamgateConfig } from '../lib/index.ts'

export interface AppOptions {
  /** streamgate's. */
  config: StreamgateConfig
  /** Of the users. */
  tokens: ReadonlySet<string>
}

export function createApp({ config, tokens }: AppOptions): Hono {
  const chat = createFetch(config)
  const app = new Hono()
  app.get('/', (c) => c.text('The rest of the application'))
  app.use('/v1/*', authenticate(tokens))
  app.post('/v1/chat/completions', (c) => chat(c.req.raw, { headers: withoutToken(c.req.raw.headers) }))
  return app
}

/** The token is ours: a target without a key of its own would be sent it. */
function withoutToken(headers: Headers): Headers {
  const others = new Headers(headers)
  others.delete('authorization')
  return others
}

function authenticate(tokens: AppOptions['tokens']): MiddlewareHandler {
  return async (c, next) => {
    const token = c.req.header('authorization')?.replace(/^Bearer /i, '') ?? ''
    if (tokens.has(token)) return next()
    const error = { message: 'This token is not known.', type: 'invalid_request_error', param: null, code: null }
    return c.json({ error }, 401)
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
  const listening = { fetch: app.fetch, port: Number(PORT), hostname: '127.0.0.1' }
  serve(listening, ({ port }) => console.log(`http://127.0.0.1:${port}/v1`))
}
