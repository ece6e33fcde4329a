import { type Call, choiceOf, finish, type Reading } from './reading.ts'
import type { Event } from './wire.ts'

interface Item {
  type: string
  call_id?: string
  name?: string
}
interface Usage {
  input_tokens: number
  output_tokens: number
  input_tokens_details?: { cached_tokens?: number }
  output_tokens_details?: { reasoning_tokens?: number }
}
interface Frame {
  type: string
  output_index: number
  content_index?: number
  summary_index?: number
  delta: string
  item: Item
  error?: { code?: string }
  response: { usage?: Usage | null; incomplete_details?: { reason: string } | null }
}

/** The recorded streams have their pieces, so that nothing has to be read from what is said again at the end. */
export function readResponses(events: readonly Event[], reading: Reading): void {
  const choice = choiceOf(reading)
  const texts = new Map<string, string>()
  const thoughts = new Map<string, string>()
  const calls = new Map<number, Call>()
  const callAt = (at: number, item?: Item) => {
    const known = calls.get(at) ?? { id: undefined, name: '', json: '' }
    calls.set(at, Object.assign(known, item && { id: item.call_id, name: item.name }))
    return known
  }
  const add = (to: Map<string, string>, key: string, piece: string) => to.set(key, (to.get(key) ?? '') + piece)

  for (const { data } of events) {
    const frame = JSON.parse(data) as Frame
    const at = frame.output_index
    switch (frame.type) {
      case 'error':
        reading.error = { status: frame.error?.code === 'insufficient_quota' ? 429 : undefined }
        return
      case 'response.output_text.delta':
        add(texts, `${at} ${frame.content_index}`, frame.delta)
        break
      case 'response.refusal.delta':
        choice.refusal += frame.delta
        break
      case 'response.reasoning_summary_text.delta':
      case 'response.reasoning_text.delta':
        add(thoughts, `${at} ${frame.summary_index ?? frame.content_index}`, frame.delta)
        break
      case 'response.output_item.added':
        if (frame.item.type === 'function_call') callAt(at, frame.item)
        break
      case 'response.function_call_arguments.delta':
        callAt(at).json += frame.delta
        break
      case 'response.output_item.done':
        if (frame.item.type === 'function_call') callAt(at, frame.item)
        // A chat's client cannot run it.
        if (frame.item.type === 'apply_patch_call') reading.error = { status: 400 }
        break
      case 'response.completed':
      case 'response.incomplete': {
        const { usage, incomplete_details: details } = frame.response
        if (usage) {
          reading.usage = {
            prompt: usage.input_tokens,
            completion: usage.output_tokens,
            cached: usage.input_tokens_details?.cached_tokens,
            reasoning: usage.output_tokens_details?.reasoning_tokens,
          }
        }
        finish(reading, choice, { completed: 'stop', max_output_tokens: 'length' }, details?.reason ?? 'completed')
        reading.whole = true
      }
    }
    choice.text = [...texts.values()].join('\n\n')
    choice.reasoning = [...thoughts.values()].join('\n\n')
    choice.calls = [...calls.values()]
    if (reading.whole || reading.error) return
  }
}
