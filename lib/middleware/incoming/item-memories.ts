import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { type ItemMemory, itemMemory } from '../../dialects/responses/item-memory.ts'
import { memoryItemStore } from '../../dialects/responses/item-store.ts'
import type { Limits, Options } from '../../options.ts'

/** Gives each client the memory of its own answers, in one store for all; undefined if the application wants none. */
export function itemMemories(
  { itemStore, itemOwner = keyOwner, logger }: Options,
  { maxItemBytes, itemTtl }: Pick<Limits, 'maxItemBytes' | 'itemTtl'>,
): ((headers: IncomingHttpHeaders) => ItemMemory | undefined) | undefined {
  if (itemStore === false) return undefined
  const store = itemStore ?? memoryItemStore({ maxBytes: maxItemBytes })
  let silentUntil = -Infinity
  const onError = (error: Error) => {
    if (performance.now() < silentUntil) return
    silentUntil = performance.now() + REPORT_EVERY_MS
    logger?.error(error)
  }
  const options = { ttl: itemTtl, onError }
  return (headers) => {
    const owner = itemOwner(headers)
    return owner === undefined ? undefined : itemMemory(store, hash(owner), options)
  }
}

/** Every request may meet a store that fails. */
const REPORT_EVERY_MS = 60_000

/** By which clients say who they are. */
const KEYS = [
  'x-streamgate-client',
  'authorization',
  'x-api-key',
  'api-key',
  'x-portkey-api-key',
  'x-portkey-virtual-key',
  'x-portkey-config',
]

/** Clients of one key are one owner, and so are those without any. */
function keyOwner(headers: IncomingHttpHeaders): string {
  return JSON.stringify(KEYS.map((name) => headers[name] ?? ''))
}

/** Keys are not to be seen in a store. */
function hash(owner: string): string {
  return createHash('sha256').update(owner).digest('base64url')
}
