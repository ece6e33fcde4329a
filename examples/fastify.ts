/** streamgate as a route of Fastify: behind its hooks, with the body that it has parsed. */
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { type StreamgateConfig, streamgate } from '../lib/index.ts'

export interface AppOptions {
  /** streamgate's. */
  config: StreamgateConfig
  /** Of the users. */
  tokens: ReadonlySet<string>
}

export function createApp({ config, tokens }: AppOptions): FastifyInstance {
  const gate = streamgate(config)
  // Fastify's 1 MB is too little for long conversations.
  const app = Fastify({ bodyLimit: 32 * 1024 * 1024 })
  app.addHook('onClose', async () => gate.close())

  app.get('/', async () => 'The rest of the application')
  app.post('/v1/chat/completions', { onRequest: authenticate(tokens) }, (request, reply) => {
    // What plugins have set, CORS for one; Fastify leaves the rest of the answer to streamgate.
    for (const [name, value] of Object.entries(reply.getHeaders())) {
      if (value !== undefined) reply.raw.setHeader(name, value)
    }
    reply.hijack()
    gate(Object.assign(request.raw, { body: request.body }), reply.raw)
  })
  return app
}

function authenticate(tokens: AppOptions['tokens']) {
  return async ({ headers }: FastifyRequest, reply: FastifyReply) => {
    const token = headers.authorization?.replace(/^Bearer /i, '') ?? ''
    // The token is ours: a target without a key of its own would be sent it.
    delete headers.authorization
    if (tokens.has(token)) return
    const error = { message: 'This token is not known.', type: 'invalid_request_error', param: null, code: null }
    return reply.code(401).send({ error })
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
  console.log(`${await app.listen({ port: Number(PORT), host: '127.0.0.1' })}/v1`)
}
