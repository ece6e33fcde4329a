import type { ServerResponse } from 'node:http'
import type { ItemMemory } from '../../dialects/responses/item-memory.ts'
import type { KeptResponse } from '../../dialects/responses/references.ts'
import type { Item } from '../../dialects/responses/request-schema.ts'
import { RequestError } from '../../errors.ts'
import { sendJson } from '../client/send.ts'

/** What is asked about responses that were answered before. */
export interface KeptResponseRequest {
  readonly type: 'response'
  readonly act: 'get' | 'delete' | 'input_items' | 'cancel' | 'upgrade'
  /** Of the response; empty if it is about none. */
  readonly id: string
  readonly query: URLSearchParams
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
  const as = (act: KeptResponseRequest['act']): KeptResponseRequest => ({ type: 'response', act, id, query })
  if (id === '') return method === 'GET' && upgrades ? as('upgrade') : undefined
  if (of !== undefined)
    return method === (of === 'cancel' ? 'POST' : 'GET') ? as(of as 'input_items' | 'cancel') : undefined
  return method === 'GET' ? as('get') : method === 'DELETE' ? as('delete') : undefined
}

/** Answers it for the owner of `memory`. Rejects with RequestError. */
export async function answerKeptResponse(
  res: ServerResponse,
  { act, id, query }: KeptResponseRequest,
  memory: ItemMemory | undefined,
): Promise<void> {
  if (act === 'upgrade') {
    // Codex then goes on by HTTP at once; a 404 would cost it seven tries.
    res.setHeader('connection', 'close')
    throw new RequestError('Responses are not served over WebSocket.', { status: 426 })
  }
  const kept = (await memory?.get(id)) as Partial<KeptResponse> | undefined
  const { response, input = [] } = kept ?? {}
  if (response === undefined) throw new RequestError(`Response with id '${id}' not found.`, { status: 404 })
  switch (act) {
    case 'cancel':
      throw new RequestError('Cannot cancel a synchronous response.')
    case 'input_items':
      return sendJson(res, 200, listOf(input, query.get('order') !== 'asc'))
    case 'get':
      if (query.get('stream') === 'true') throw notStreamed()
      return sendJson(res, 200, response)
    case 'delete':
      await memory?.delete([id, ...response.output.map((item) => item.id)])
      return sendJson(res, 200, { id, object: 'response', deleted: true })
  }
}

function notStreamed(): RequestError {
  const message = 'A response that is kept is given in one piece, not as a stream.'
  return new RequestError(message, { param: 'stream', code: 'unsupported_value' })
}

/** All items on one page. Those that the client sent have an id if it gave them one. */
function listOf(input: readonly Item[], newestFirst: boolean): unknown {
  const items = input.map(listed)
  const data = newestFirst ? items.reverse() : items
  return { object: 'list', data, first_id: data.at(0)?.id ?? null, last_id: data.at(-1)?.id ?? null, has_more: false }
}

/** What clients may leave out of a message is there. */
function listed(item: Item): Item {
  if (item.role === undefined || typeof item.content !== 'string') return item
  const type = item.role === 'assistant' ? 'output_text' : 'input_text'
  const part = { type, text: item.content, ...(type === 'output_text' && { annotations: [] }) }
  return { ...item, type: 'message', content: [part] }
}
