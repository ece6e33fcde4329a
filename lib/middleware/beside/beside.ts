import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { apiError, RequestError } from '../../errors.ts'
import { refuse } from '../client/send.ts'
import { useResponse } from '../client/use-response.ts'
import { embeddings } from '../embeddings/embeddings.ts'
import type { Mount, StreamgateRequest } from '../mount.ts'
import type { PieceOperation } from '../one-piece/operation.ts'
import { serveInOnePiece } from '../one-piece/serve.ts'
import { besideResponses } from './beside-responses.ts'
import { countTokens } from './count-tokens.ts'
import { answerKeptResponse, type KeptResponseRequest, keptResponseAt } from './kept-responses.ts'
import { answerModels } from './models.ts'

/** What is answered beside the dialects' requests: by no attempt, which models there are, and a response once more; in one piece the rest. */
export type Beside =
  | { type: 'models'; id: string | undefined }
  | { type: 'one-piece'; operation: PieceOperation }
  | KeptResponseRequest

/** By the path that they are posted to. */
const OPERATIONS: ReadonlyMap<string, PieceOperation> = new Map([
  ['/embeddings', embeddings],
  ['/messages/count_tokens', countTokens],
  ['/responses/compact', besideResponses('compact')],
  ['/responses/input_tokens', besideResponses('input_tokens')],
])

/** What is answered beside the dialects' paths, but for the one response or model that a path names. */
export const PATHS_BESIDE: readonly string[] = ['/models', ...OPERATIONS.keys()]

/**
 * Undefined for every other request. `url`: as the middleware's mount left it; `/v1` may stand in front. `upgrades`: whether it
 * asks for another protocol.
 */
export function besideAt(method: string | undefined, url: string, upgrades = false): Beside | undefined {
  const [address = '', query = ''] = url.split('?', 2)
  const path = address.replace(/^\/v1(?=\/)/, '').replace(/\/$/, '')
  const response = keptResponseAt(method ?? 'GET', path, new URLSearchParams(query), upgrades)
  if (response !== undefined) return response
  if (method === 'POST') {
    const operation = OPERATIONS.get(path)
    return operation && { type: 'one-piece', operation }
  }
  if (method !== 'GET' && method !== 'HEAD') return undefined
  if (path === '/models') return { type: 'models', id: undefined }
  return path.startsWith('/models/') ? { type: 'models', id: decoded(path.slice('/models/'.length)) } : undefined
}

/** Where such a path begins in a longer one; undefined if it is none. */
export function besideIn(method: string, path: string): string | undefined {
  const own = /\/(models(\/.*)?|messages\/count_tokens|embeddings|responses\/[^/]+(\/[^/]+)?)$/.exec(path)?.[0]
  return own !== undefined && besideAt(method, own) !== undefined ? own : undefined
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Rejects only with what the response's own methods throw before anything is read. */
export async function answerBeside(
  mount: Mount,
  beside: Beside,
  req: StreamgateRequest,
  res: ServerResponse,
): Promise<void> {
  const { options, requestBackends } = mount
  if (beside.type === 'one-piece') return serveInOnePiece(mount, beside.operation, req, res)
  const requestId = randomUUID()
  try {
    if (beside.type === 'response') return await answerKeptResponse(res, beside, mount.items?.(req.headers))
    res.setHeader('request-id', requestId)
    const backend = (await requestBackends?.backendFor(req.headers)) ?? mount.backend
    answerModels(req, res, { config: backend.config, id: beside.id, requestId })
  } catch (thrown) {
    if (!(thrown instanceof RequestError)) options.logger?.error(thrown)
    const error =
      thrown instanceof RequestError ? thrown.api : apiError(500, 'streamgate failed to process the request.')
    useResponse(res, options.logger, () => {
      if (res.headersSent) res.destroy()
      else refuse(req, res, error, { requestId })
    })
  }
}
