import { streamFailure } from '../../errors.ts'
import type { NativeEvent } from '../../types/provider.ts'
import type { AnswerItems } from './answer-items.ts'
import type { Frames } from './frames.ts'
import { type ItemEvent, itemEvent } from './open-items.ts'
import type { ResponseObject } from './response.ts'

/** Writes events of a provider's own. Undefined: nothing of them goes out, and what they say is to be written as ours. */
export type NativeWriter = (events: readonly NativeEvent[]) => string | undefined

/** One response over all attempts, as far as it is written. */
interface Written {
  readonly out: Frames
  readonly items: AnswerItems
  /** Takes in an event that goes out. */
  follow(event: ItemEvent): void
  /** The provider's own response, by the name and with the items that the client knows. */
  named(response: ResponseObject): ResponseObject
}

/** Those of a first attempt go as they are. What they say of items is read, so that another attempt can go on. */
export function asTheyAre({ out, follow }: Pick<Written, 'out' | 'follow'>): NativeWriter {
  return (events) => {
    for (const { data } of events) follow(itemEvent(JSON.parse(data)))
    return events.map(out.passed).join('')
  }
}

/** What the ids of items begin with that a client may send back without one. */
const PREFIXES: ReadonlyMap<string, string> = new Map([
  ['message', 'msg_'],
  ['reasoning', 'rs_'],
  ['function_call', 'fc_'],
  ['custom_tool_call', 'ctc_'],
])

/** The events that stand behind the item in which two attempts join. */
const BEHIND = /^response\.(output_item\.added|completed|incomplete)$/

/**
 * Those of an attempt that goes on with the answer of another. Its text goes on in the open item, as ours. The items that it begins
 * behind that one go as they are, but for their places, numbers and ids, and so does its end, with all items of the response. Under
 * ids of its own a provider would miss what it said in front of the joint, thoughts above all, when they come back to it; ours it
 * never gets.
 */
export function behindJoint({ out, items, follow, named }: Written): NativeWriter {
  /** The place that its first item behind the joint has by its own count; undefined until then. */
  let first: number | undefined
  /** How far our places are from its own. */
  let shift = 0

  /** Ours, by our places. */
  const ids = new Map<number, string>()

  const place = (index: number, item: ItemEvent['item']): object => {
    if (first === undefined || index < first) throw streamFailure('malformed', 'An item goes on behind its end.')
    const output_index = index + shift
    const prefix = item && PREFIXES.get(item.type)
    if (prefix !== undefined) ids.set(output_index, items.idAt(prefix, output_index))
    const id = ids.get(output_index)
    if (id === undefined) return { output_index }
    return { output_index, ...(item === undefined ? { item_id: id } : { item: { ...item, id } }) }
  }

  const placed = ({ event: type, data }: NativeEvent) => {
    const { sequence_number: _, ...fields } = JSON.parse(data)
    const { output_index: index, item } = itemEvent(fields)
    return { ...fields, type, ...(index !== undefined && place(index, item)) }
  }

  const write = ({ type, ...fields }: ReturnType<typeof placed>): string => {
    const { response } = itemEvent(fields)
    if (response !== undefined) fields.response = named(response)
    follow(itemEvent({ type, ...fields }))
    return out.event(type, fields)
  }

  return (events) => {
    if (first !== undefined) return events.map(placed).map(write).join('')
    const at = events.findIndex(({ event }) => BEHIND.test(event))
    const [opening, ...others] = at === -1 ? [] : events.slice(at)
    if (opening === undefined) return undefined
    first = itemEvent(JSON.parse(opening.data)).output_index ?? Number.POSITIVE_INFINITY
    shift = items.next() - first
    const behind = [opening, ...others].map(placed)
    const closed = items.close(opening.event === 'response.incomplete' ? 'incomplete' : 'completed')
    return closed + behind.map(write).join('')
  }
}
