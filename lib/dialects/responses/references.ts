import { RequestError } from '../../errors.ts'
import type { ItemMemory } from './item-memory.ts'
import type { Item, ResponsesBody } from './request-schema.ts'
import type { ResponseObject } from './response.ts'

/** What is kept of a response: itself, and all of the conversation that it answered. */
export interface KeptResponse {
  readonly response: ResponseObject
  readonly input: readonly Item[]
  /** Whether we wrote it; else it is a provider's own, who may keep it, too. */
  readonly ours: boolean
  /** Whether the conversation began before `input`, where the provider alone knows it. */
  readonly isRest?: boolean
}

/** An item of a response that is kept. */
export interface KeptItem {
  readonly item: Item
  readonly ours: boolean
}

/** The input of a request, with what it refers to. */
export interface WholeInput {
  /** All of the conversation. */
  readonly items: readonly Item[]
  /** How many of these come from the response before. */
  readonly before: number
  /** The same for who keeps responses, too: what only we know stands in place of its id. */
  readonly native: Pick<ResponsesBody, 'input' | 'previous_response_id'>
  /** That it refers to something which is not kept here. */
  readonly missing: RequestError | undefined
}

/** Looks up all that a request refers to. Rejects if the store fails. */
export async function wholeInput(body: ResponsesBody, memory: ItemMemory | undefined): Promise<WholeInput> {
  const { input, previous_response_id: previous } = body
  const items: readonly Item[] = typeof input === 'string' ? [{ role: 'user', content: input }] : (input ?? [])
  const before = previous == null ? undefined : ((await memory?.get(previous)) as KeptResponse | undefined)
  const known = await referred(items, memory)
  const conversation: readonly Item[] =
    before === undefined ? [] : [...before.input, ...(before.response.output as readonly Item[])]

  const lost = items.find((item) => isReference(item) && !known.has(item.id ?? ''))
  const missing =
    previous != null && (before === undefined || before.isRest)
      ? notFound(`Previous response with id '${shown(previous)}' not found.`, 'previous_response_id', 400)
      : lost && notFound(`Item with id '${shown(lost.id)}' not found.`, 'input', 404)
  return {
    items: [...conversation, ...items.flatMap((item) => knownItems(item, known))],
    before: conversation.length,
    native: before?.ours
      ? { input: [...conversation, ...nativeItems(items, known)] }
      : {
          ...(input != null && { input: typeof input === 'string' ? input : nativeItems(items, known) }),
          ...(previous != null && { previous_response_id: previous }),
        },
    missing,
  }
}

function knownItems(item: Item, known: ReadonlyMap<string, KeptItem>): readonly Item[] {
  if (!isReference(item)) return [item]
  const kept = known.get(item.id ?? '')
  return kept === undefined ? [] : [kept.item]
}

function nativeItems(items: readonly Item[], known: ReadonlyMap<string, KeptItem>): readonly Item[] {
  return items.map((item) => {
    const kept = isReference(item) ? known.get(item.id ?? '') : undefined
    return kept?.ours ? kept.item : item
  })
}

/** Each is asked for once, however often a body has it. */
async function referred(
  items: readonly Item[],
  memory: ItemMemory | undefined,
): Promise<ReadonlyMap<string, KeptItem>> {
  const ids = [...new Set(items.filter(isReference).map(({ id = '' }) => id))]
  const found = await Promise.all(ids.map((id) => memory?.get(id) as Promise<KeptItem | undefined> | undefined))
  return new Map(ids.flatMap((id, index) => (found[index]?.item === undefined ? [] : [[id, found[index]]])))
}

/** Its type may be left out. */
export function isReference({ type, role, id }: Item): boolean {
  return type === 'item_reference' || (type == null && role === undefined && id !== undefined)
}

function notFound(message: string, param: string, status: number): RequestError {
  const code = param === 'previous_response_id' ? { code: 'previous_response_not_found' } : {}
  return new RequestError(message, { param, status, ...code })
}

function shown(id: string | undefined): string {
  return `${id}`.slice(0, 128)
}
