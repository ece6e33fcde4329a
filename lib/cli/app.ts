import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { apiError } from '../errors.ts'
import type { Streamgate } from '../index.ts'
import { refuse } from '../middleware/client/send.ts'
import { nothingAt } from '../middleware/nothing-there.ts'
import type { ApiError } from '../types/provider.ts'
import type { Shutdown } from './shutdown.ts'
import { admit, type Tokens } from './tokens.ts'

/** What stands beside streamgate, by method and path. HEAD is answered as GET is. */
export type Routes = Readonly<Record<string, RequestListener>>

/** streamgate at /v1, the routes, a health check, and an error for all else, in the words of the path's dialect. With `tokens`, for those who have one. */
export function createApp(
  gate: Streamgate,
  state: Pick<Shutdown, 'phase'>,
  routes: Routes = {},
  tokens?: Tokens,
): RequestListener {
  const choose = (req: IncomingMessage): RequestListener => {
    if (state.phase === 'stopping') return refuseStopping
    const method = req.method === 'HEAD' ? 'GET' : req.method
    const path = pathOf(req)
    if (method === 'GET' && HEALTH.has(path)) return state.phase === 'leaving' ? unready : healthy
    if (tokens !== undefined && !admit(tokens, req.headers)) return refuseStrangers
    const route = routes[`${method} ${path}`]
    if (route !== undefined) return route
    if (!path.startsWith('/v1/')) return notFound
    // Any web page can make a browser post text to this machine; JSON it may post only where CORS allows it.
    if (method === 'POST' && !isJson(req)) return refuseOtherTypes
    return (req, res) => gate(req, res, () => notFound(req, res))
  }
  return (req, res) => choose(req)(req, res)
}

/** Open to all. Claude Code asks for /api/hello when it starts. */
const HEALTH = new Set(['/healthz', '/api/hello'])

const healthy: RequestListener = (_req, res) => sendJson(res, 200, { status: 'ok' })
const unready: RequestListener = (_req, res) => sendJson(res, 503, { status: 'stopping' })

function sendJson(res: ServerResponse, status: number, body: unknown): void {
  res.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body))
}

/** None of these speaks of a model. */
function problem(status: number, message: string): ApiError {
  return apiError(status, message, { code: null })
}

function notFound(req: IncomingMessage, res: ServerResponse): void {
  refuse(req, res, problem(404, nothingAt(req.method, req.url, '/v1')))
}

function refuseStrangers(req: IncomingMessage, res: ServerResponse): void {
  res.setHeader('www-authenticate', 'Bearer')
  refuse(req, res, problem(401, 'A token of this gateway is needed, as "authorization: Bearer" or as "x-api-key".'))
}

function refuseOtherTypes(req: IncomingMessage, res: ServerResponse): void {
  refuse(req, res, problem(415, 'The content-type must be application/json.'))
}

function refuseStopping(req: IncomingMessage, res: ServerResponse): void {
  res.setHeader('connection', 'close')
  if (pathOf(req) === '/healthz') unready(req, res)
  // A balancer in front knows this status, whatever the words.
  else refuse(req, res, problem(503, 'The server is stopping, try another one.'), { status: 503 })
}

function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?', 1)[0] ?? ''
}

function isJson({ headers }: IncomingMessage): boolean {
  return /^application\/json\s*(;|$)/i.test(headers['content-type'] ?? '')
}
