import { streamFailure } from '../../errors.ts'
import type { NativeEvent } from '../../types/provider.ts'
import type { ContentEvents } from './content-events.ts'
import { frames } from './event-frame.ts'
import type { DeltaUsage } from './usage.ts'

/** Writes events of a provider's own. Undefined: nothing of them goes out, and what they say is to be written as ours. */
export type NativeWriter = (events: readonly NativeEvent[], usage?: DeltaUsage) => string | undefined

/** The events by which blocks begin and end. */
const EDGES: ReadonlySet<string> = new Set(['content_block_start', 'content_block_stop'])

/** Those of a first attempt go as they are. What stands in them of blocks is read, so that another attempt can go on. */
export function asTheyAre(content: ContentEvents): NativeWriter {
  return (events) => {
    for (const native of events) if (EDGES.has(native.event)) content.follow(read(native))
    return events.map(nativeFrame).join('')
  }
}

/** The events that stand behind the block in which two attempts join. */
const BEHIND: ReadonlySet<string> = new Set(['content_block_start', 'message_delta'])

/**
 * Those of an attempt that goes on with the answer of another. Its text goes on in the open block, as ours. The blocks that it
 * begins behind that one go as they are, but for their indexes, and so does its end, with `usage`: what its beginning said of
 * that is not sent.
 */
export function behindJoint(content: ContentEvents): NativeWriter {
  const write = asTheyAre(content)
  /** Of its first block behind the joint, its own index; undefined until then. */
  let first: number | undefined
  /** How far our indexes are from its own. */
  let shift = 0

  const placed = (native: NativeEvent, usage: DeltaUsage | undefined): NativeEvent => {
    const event = read(native)
    if (native.event === 'message_delta') event.usage = { ...usage, ...known(event.usage) }
    const index = indexIn(event)
    if (index === undefined) return { ...native, data: JSON.stringify(event) }
    if (first === undefined || index < first) throw streamFailure('malformed', 'A block goes on behind its end.')
    return { ...native, data: JSON.stringify({ ...event, index: index + shift }) }
  }

  return (events, usage) => {
    const place = (native: NativeEvent) => placed(native, usage)
    if (first !== undefined) return write(events.map(place))
    const at = events.findIndex(({ event }) => BEHIND.has(event))
    const [opening, ...others] = at === -1 ? [] : events.slice(at)
    if (opening === undefined) return undefined
    first = indexIn(read(opening)) ?? Number.POSITIVE_INFINITY
    shift = content.next() - first
    const behind = [opening, ...others].map(place)
    return frames(content.close()) + write(behind)
  }
}

/** An event may be of any shape. */
function read({ data }: NativeEvent) {
  return Object(JSON.parse(data))
}

function indexIn({ index }: { index?: unknown }): number | undefined {
  return typeof index === 'number' ? index : undefined
}

/** Null says nothing of what was told before. */
function known(usage: unknown): object {
  return Object.fromEntries(Object.entries(usage ?? {}).filter(([, count]) => count !== null))
}

/** All that readers take for the end of a line. Data has some where the provider wrote it in several lines, or broke the rules. */
const LINE_END = /\r\n|\r|\n/

function nativeFrame({ event, data }: NativeEvent): string {
  const lines = LINE_END.test(data) ? data.split(LINE_END).join('\ndata: ') : data
  return `event: ${event}\ndata: ${lines}\n\n`
}
