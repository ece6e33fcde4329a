/** streamgate inside an application that has its own users, limits and body parser. */
import express, { type Express, type RequestHandler, type Response } from 'express'
import '../lib/express.ts'
import { type StreamgateConfig, streamgate } from '../lib/index.ts'

export interface AppOptions {
  /** streamgate's. */
  config: StreamgateConfig
  /** Users by their token. */
  users: ReadonlyMap<string, string>
  /** Requests a user may make in a minute. */
  perMinute: number
  /** Told what each request has cost. */
  charge: (user: string, tokens: number) => void
}

export function createApp({ config, users, perMinute, charge }: AppOptions): Express {
  const app = express()
  // A body that is parsed already is fine; the limit must leave room for long conversations.
  app.use(express.json({ limit: '32mb' }))

  app.get('/', (_req, res) => {
    res.send('The rest of the application')
  })
  app.use('/ai/v1', authenticate(users), limitRate(perMinute), meter(charge), streamgate(config))
  return app
}

function authenticate(users: AppOptions['users']): RequestHandler {
  return (req, res, next) => {
    // Anthropic's SDK sends the token in another header than OpenAI's.
    const user = users.get(req.get('authorization')?.replace(/^Bearer /i, '') ?? req.get('x-api-key') ?? '')
    if (user === undefined)
      return refuse(res, 401, 'authentication_error', 'invalid_api_key', 'This token is not known.')
    // The token is ours: a target without a key of its own would be sent it.
    delete req.headers.authorization
    delete req.headers['x-api-key']
    // What clients refer to by id is kept for who sent it: without a key, all would be one.
    req.headers['x-streamgate-client'] = user
    res.locals.user = user
    next()
  }
}

/** Counts in memory, which is enough for one process; a package such as express-rate-limit goes in the same place. */
function limitRate(perMinute: number): RequestHandler {
  const counts = new Map<string, number>()
  setInterval(() => counts.clear(), 60_000).unref()
  return (_req, res, next) => {
    const count = (counts.get(res.locals.user) ?? 0) + 1
    counts.set(res.locals.user, count)
    if (count <= perMinute) return next()
    res.set('retry-after', '60')
    refuse(res, 429, 'rate_limit_error', 'rate_limit_exceeded', 'You have sent too many requests, wait a minute.')
  }
}

/** streamgate leaves the outcome in `res.locals`. On `close`, since an answer that was broken off costs as well. */
function meter(charge: AppOptions['charge']): RequestHandler {
  return (_req, res, next) => {
    res.once('close', () => {
      const outcome = res.locals.streamgate
      const usages = [outcome?.usage, ...(outcome?.wastedUsage ?? [])]
      charge(
        res.locals.user,
        usages.reduce((sum, usage) => sum + (usage?.total_tokens ?? 0), 0),
      )
    })
    next()
  }
}

/** OpenAI's envelope and Anthropic's in one, so that the SDKs of both show the message. */
function refuse(res: Response, status: number, type: string, code: string, message: string): void {
  res.status(status).json({ type: 'error', error: { message, type, param: null, code } })
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
    users: new Map([['alices-token', 'alice']]),
    perMinute: 20,
    charge: (user, tokens) => console.log(`${user}: ${tokens} tokens`),
  })
  app.listen(Number(PORT), '127.0.0.1', () => console.log(`http://127.0.0.1:${PORT}/ai/v1`))
}
