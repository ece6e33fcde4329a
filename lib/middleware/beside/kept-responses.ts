import type { ServerResponse } from 'node:http'
import type { ItemMemory } from '../../dialects/responses/item-memory.ts'
import type { KeptResponse } from '../../dialects/responses/references.ts'
import { RequestError } from '../../errors.ts'
import { sendJson } from '../client/send.ts'

/** What is asked about responses that were answered before. */
export interface KeptResponseRequest {
  readonly type: 'response'
  readonly act: 'get' | 'stream' | 'delete' | 'input_items' | 'cancel' | 'upgrade'
  /** Of the response; empty if it is about none. */
  readonly id: string
}

const PATH = /^\/responses(?:\/([\w-]{1,128})(?:\/(input_items|cancel))?)?$/

/** Undefined for every other request. `upgrades`: whether it asks for another protocol. */
export function keptResponseAt(
  method: string,
  path: string,
  query: URLSearchParams,
  upgrades: boolean,
): KeptResponseRequest | undefined {
  const [found, id = '', of] = PATH.exec(path) ?? []
  if (found === undefined) return undefined
  const as = (act: KeptResponseRequest['act']): KeptResponseRequest => ({ type: 'response', act, id })
  if (id === '') return method === 'GET' && upgrades ? as('upgrade') : undefined
  if (of !== undefined)
    return method === (of === 'cancel' ? 'POST' : 'GET') ? as(of as 'input_items' | 'cancel') : undefined
  if (method === 'GET') return as(query.get('stream') === 'true' ? 'stream' : 'get')
  return method === 'DELETE' ? as('delete') : undefined
}

/** Answers it for the owner of `memory`. Rejects with RequestError. */
export async function answerKeptResponse(
  res: ServerResponse,
  { act, id }: KeptResponseRequest,
  memory: ItemMemory | undefined,
): Promise<void> {
  if (act === 'upgrade') {
    // Codex then goes on by HTTP at once; a 404 would cost it seven tries.
    res.setHeader('connection', 'close')
    throw new RequestError('Responses are not served over WebSocket.', { status: 426 })
  }
  if (act === 'stream') {
    const message = 'A response that is kept is given in one piece, not as a stream.'
    throw new RequestError(message, { param: 'stream', code: 'unsupported_value' })
  }
  const kept = (await memory?.get(id)) as Partial<KeptResponse> | undefined
  const { response, input = [] } = kept ?? {}
  if (response === undefined) throw new RequestError(`Response with id '${id}' not found.`, { status: 404 })
  switch (act) {
    case 'cancel':
      throw new RequestError('Cannot cancel a synchronous response.')
    case 'input_items':
      return sendJson(res, 200, { object: 'list', data: input, has_more: false })
    case 'get':
      return sendJson(res, 200, response)
    case 'delete':
      await memory?.delete([id, ...response.output.map((item) => item.id)])
      return sendJson(res, 200, { id, object: 'response', deleted: true })
  }
}
