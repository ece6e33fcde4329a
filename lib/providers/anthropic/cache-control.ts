import { cacheMark } from '../cache-marks.ts'
import type { CacheControl } from './wire.ts'

/** The end of what is to be cached, in Anthropic's terms. */
export function cacheControl(part: unknown): { cache_control?: CacheControl } {
  const mark = cacheMark(part)
  return mark === undefined ? {} : { cache_control: { type: 'ephemeral', ...mark } }
}
