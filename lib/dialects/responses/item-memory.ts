import { RequestError } from '../../errors.ts'
import type { ItemStore } from './item-store.ts'

/** What one owner's clients can refer to by id: items, and whole responses. Nobody else's is in reach. */
export interface ItemMemory {
  /** Undefined if it is not there. Rejects with RequestError if the store fails, or does not answer in time. */
  get(id: string): Promise<unknown>
  /** Does not wait: what comes behind it on the same store finds it. A store that fails is only logged. */
  put(entries: Readonly<Record<string, unknown>>): void
  /** Rejects as `get` does. */
  delete(ids: readonly string[]): Promise<void>
}

export interface ItemMemoryOptions {
  /** Milliseconds. */
  ttl: number
  onError: (error: Error) => void
}

/** How long a store may take. */
const PATIENCE_MS = 2_000

/** Ids that we give, and not more of a client's than any store takes as a key. */
const ID = /^[\w-]{1,128}$/

export function itemMemory(store: ItemStore, owner: string, { ttl, onError }: ItemMemoryOptions): ItemMemory {
  const keyOf = (id: string) => `item:${owner}:${id}`
  const onFault = (cause: unknown) => onError(new Error('The item store failed.', { cause }))
  const asked = async <T>(work: () => T | Promise<T>): Promise<T> => {
    try {
      return await inTime(work())
    } catch (cause) {
      onFault(cause)
      throw new RequestError('The store of earlier answers does not answer.', {
        status: 503,
        code: 'item_store_failed',
      })
    }
  }

  return {
    async get(id) {
      if (!ID.test(id)) return undefined
      const value = await asked(() => store.get(keyOf(id)))
      return value === undefined ? undefined : JSON.parse(value)
    },
    put(entries) {
      for (const [id, value] of Object.entries(entries)) {
        try {
          Promise.resolve(store.set(keyOf(id), JSON.stringify(value), ttl)).catch(onFault)
        } catch (error) {
          onFault(error)
        }
      }
    },
    async delete(ids) {
      await asked(() => store.delete(ids.filter((id) => ID.test(id)).map(keyOf)))
    },
  }
}

async function inTime<T>(answer: T | Promise<T>): Promise<T> {
  if (!(answer instanceof Promise)) return answer
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`The item store gave no answer within ${PATIENCE_MS} ms.`)), PATIENCE_MS)
  })
  return Promise.race([answer, late]).finally(() => clearTimeout(timer))
}
