import { cacheMark } from '../cache-marks.ts'
import type { CachePoint } from './blocks.ts'
import type { Family } from './models.ts'

/** Source: docs.aws.amazon.com/bedrock, prompt caching: Claude and Nova; of these Claude in tools, too. */
export function takesCachePoints(family: Family): boolean {
  return family === 'claude' || family.startsWith('nova')
}

/** The point behind a part that is marked; none if it is not. */
export function cachePoint(part: unknown): CachePoint[] {
  const mark = cacheMark(part)
  return mark === undefined ? [] : [{ cachePoint: { type: 'default', ...mark } }]
}

/** The API refuses more. */
const MAX_CACHE_POINTS = 4

/** The lists of a request that may have points, in their order. */
interface Cached {
  toolConfig?: { tools: object[] } | undefined
  system: object[]
  messages: { content: object[] }[]
}

/** Leaves out what is too much from the front: the last points cover the longest prefixes. */
export function keepLastCachePoints({ toolConfig, system, messages }: Cached): void {
  const lists: object[][] = [toolConfig?.tools ?? [], system, ...messages.map(({ content }) => content)]
  let surplus = lists.flat().filter(isCachePoint).length - MAX_CACHE_POINTS
  for (const list of lists) {
    for (let at = 0; surplus > 0 && at < list.length; ) {
      if (isCachePoint(list[at])) {
        list.splice(at, 1)
        surplus -= 1
      } else {
        at += 1
      }
    }
  }
}

function isCachePoint(block: object | undefined): boolean {
  return block !== undefined && 'cachePoint' in block
}
