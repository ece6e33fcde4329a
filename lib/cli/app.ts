import type { RequestListener } from 'node:http'
import express, { type Express, type Response } from 'express'
import type { Streamgate } from '../index.ts'

/** streamgate at /v1, the routes, a health check, and OpenAI's error envelope for all else. */
export function createApp(
  gate: Streamgate,
  state: { readonly stopping: boolean },
  routes: Readonly<Record<string, RequestListener>> = {},
): Express {
  const app = express().disable('x-powered-by')

  app.use((req, res, next) => {
    if (!state.stopping) return next()
    res.set('connection', 'close')
    if (req.path === '/healthz') res.status(503).json({ status: 'stopping' })
    else refuse(res, 503, 'server_error', 'The server is stopping, try another one.')
  })

  app.get('/healthz', (_req, res) => {
    res.json({ status: 'ok' })
  })

  for (const [name, answer] of Object.entries(routes)) {
    const [method, path = ''] = name.split(' ')
    app[method === 'POST' ? 'post' : 'get'](path, (req, res) => answer(req, res))
  }

  // Any web page can make a browser post text to this machine; JSON it may post only where CORS allows it.
  app.post('/v1/*path', (req, res, next) => {
    if (req.is('json') !== false) next()
    else refuse(res, 415, 'invalid_request_error', 'The content-type must be application/json.')
  })

  app.use('/v1', gate)

  app.use((req, res) => {
    refuse(res, 404, 'invalid_request_error', `There is nothing at ${req.method} ${req.path}.`)
  })
  return app
}

function refuse(res: Response, status: number, type: string, message: string): void {
  res.status(status).json({ error: { message, type, param: null, code: null } })
}
