import { RequestError } from '../../errors.ts'
import type { ItemMemory } from './item-memory.ts'
import type { Item, ResponsesBody } from './request-schema.ts'
import type { ResponseObject } from './response.ts'

/** What is kept of a response: itself, and all of the conversation that it answered. */
export interface KeptResponse {
  readonly response: ResponseObject
  readonly input: readonly Item[]
}

/**
 * The input of a request, with what it refers to: the conversation of an earlier response in front, and items in place of
 * references. Rejects with RequestError for what is not kept here.
 */
export async function wholeInput(body: ResponsesBody, memory: ItemMemory | undefined): Promise<readonly Item[]> {
  const { input, previous_response_id: previous } = body
  const items: readonly Item[] = typeof input === 'string' ? [{ role: 'user', content: input }] : (input ?? [])
  const before = previous == null ? [] : await conversationBehind(previous, memory)
  const known = await referred(items, memory)
  return [...before, ...items.map((item) => (isReference(item) ? (known.get(item.id) ?? item) : item))]
}

async function conversationBehind(id: string, memory: ItemMemory | undefined): Promise<readonly Item[]> {
  const kept = (await memory?.get(id)) as KeptResponse | undefined
  if (kept === undefined) {
    throw new RequestError(`Previous response with id '${id.slice(0, 128)}' not found.`, {
      param: 'previous_response_id',
      code: 'previous_response_not_found',
    })
  }
  return [...kept.input, ...(kept.response.output as readonly Item[])]
}

/** Each is asked for once, however often a body has it. */
async function referred(items: readonly Item[], memory: ItemMemory | undefined): Promise<ReadonlyMap<string, Item>> {
  const known = new Map<string, Item>()
  const ids = [...new Set(items.filter(isReference).map(({ id }) => id))]
  const found = await Promise.all(ids.map((id) => memory?.get(id) as Promise<Item | undefined> | undefined))
  for (const [index, id] of ids.entries()) {
    const item = found[index]
    if (item === undefined) {
      throw new RequestError(`Item with id '${id.slice(0, 128)}' not found.`, { param: 'input', status: 404 })
    }
    known.set(id, item)
  }
  return known
}

function isReference(item: Item): item is Item & { id: string } {
  return item.type === 'item_reference' && item.id !== undefined
}
