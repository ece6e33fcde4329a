import { partsOf } from '../../chunk.ts'
import { isJson } from '../../is-json.ts'
import type { ChunkToolCall } from '../../types/chunk.ts'
import type { Frames } from './frames.ts'
import type { ItemPlace } from './open-items.ts'
import type { OutputItem } from './response.ts'
import { customInput, type ToolOrigin } from './tools.ts'

/** A tool call of an answer, put together from its pieces. */
export interface Call {
  id: string
  type: 'function' | 'custom'
  name: string
  text: string
}

/** Collects the pieces of calls, in the order of the calls. */
export function heldCalls(): { add(pieces: readonly ChunkToolCall[]): void; all(): readonly Call[] } {
  const calls: Call[] = []
  return {
    add(pieces) {
      for (const { index, id, type, function: called, custom } of pieces) {
        const call = calls[index] ?? { id: '', type: 'function', name: '', text: '' }
        calls[index] = call
        call.id ||= id ?? ''
        if (type !== undefined) call.type = type
        call.name ||= called?.name ?? custom?.name ?? ''
        call.text += called?.arguments ?? custom?.input ?? ''
      }
    },
    all: () => calls.filter((call) => call !== undefined),
  }
}

/**
 * All events of one call at once, and its item: clients run it as soon as its item is done. A call whose arguments the limit of
 * tokens has cut is marked as such, and nobody runs it. `prefix` of the item's id is its own by its type.
 */
export function writtenCall(
  frames: Frames,
  { id: suffix, output_index }: ItemPlace,
  { id: call_id, type, text }: Call,
  origin: ToolOrigin,
  cut: boolean,
): { frames: string; item: OutputItem } {
  const isCustom = type === 'custom' || origin.type === 'custom'
  const id = (isCustom ? 'ctc_' : 'fc_') + suffix
  const value = isCustom && type !== 'custom' ? customInput(text) : text
  const name = { name: origin.name, ...(origin.namespace !== undefined && { namespace: origin.namespace }) }
  const head = { id, type: isCustom ? 'custom_tool_call' : 'function_call', call_id, ...name }
  const itemOf = (status: string, content: string): OutputItem =>
    isCustom ? { ...head, status, input: content } : { ...head, status, arguments: content }

  const item = itemOf(cut && (isCustom || !isJson(text)) ? 'incomplete' : 'completed', value)
  const place = { item_id: id, output_index }
  const pieces = isCustom ? 'response.custom_tool_call_input' : 'response.function_call_arguments'
  const whole = isCustom ? { input: value } : { arguments: value, name: origin.name }
  return {
    item,
    frames: [
      frames.event('response.output_item.added', { output_index, item: itemOf('in_progress', '') }),
      ...partsOf(value).map((delta) => frames.event(`${pieces}.delta`, { ...place, delta })),
      frames.event(`${pieces}.done`, { ...place, ...whole }),
      frames.event('response.output_item.done', { output_index, item }),
    ].join(''),
  }
}
