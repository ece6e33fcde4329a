import { choiceOf, finish, type Reading } from './reading.ts'
import type { Event } from './wire.ts'

interface Tokens {
  input_tokens?: number
  output_tokens?: number
  cache_read_input_tokens?: number
  cache_creation_input_tokens?: number
}
interface Usage extends Tokens {
  output_tokens_details?: { thinking_tokens?: number }
  iterations?: (Tokens & { type: string })[]
}
interface Message {
  type: string
  message?: { usage?: Usage }
  content_block?: { type: string; text?: string; thinking?: string; id?: string; name?: string }
  delta?: {
    text?: string
    thinking?: string
    partial_json?: string
    stop_reason?: string | null
    stop_details?: { explanation?: string | null } | null
  }
  usage?: Usage
  error?: { type: string }
}

const FINISH: Record<string, string> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  tool_use: 'tool_calls',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  refusal: 'content_filter',
}

/** Messages, as Anthropic streams them and Bedrock passes them on. */
export function readAnthropic(events: readonly Event[], reading: Reading): void {
  const choice = choiceOf(reading)
  const totals: Usage = {}
  let block: string | undefined

  for (const { data } of events) {
    const event = JSON.parse(data) as Message
    const { content_block: start, delta } = event
    const call = choice.calls.at(-1)
    switch (event.type) {
      case 'message_start':
        Object.assign(totals, event.message?.usage)
        break
      case 'content_block_start':
        block = start?.type
        if (block === 'text') choice.text += start?.text ?? ''
        if (block === 'thinking') choice.reasoning += start?.thinking ?? ''
        // What the model calls on Anthropic's side is not for the client.
        if (block === 'tool_use') choice.calls.push({ id: start?.id, name: start?.name ?? '', json: '' })
        break
      case 'content_block_delta':
        if (block === 'text') choice.text += delta?.text ?? ''
        if (block === 'thinking') choice.reasoning += delta?.thinking ?? ''
        if (block === 'tool_use' && call) call.json += delta?.partial_json ?? ''
        break
      case 'message_delta':
        Object.assign(totals, event.usage)
        choice.refusal = delta?.stop_details?.explanation ?? ''
        if (delta?.stop_reason) finish(reading, choice, FINISH, delta.stop_reason)
        break
      case 'error':
        reading.error = { status: undefined }
        return
      case 'message_stop':
        reading.whole = true
        break
    }
    if (totals.output_tokens !== undefined) reading.usage = counts(totals)
    if (reading.whole || reading.error) return
  }
  reading.whole = true
}

/** The top level leaves out what compaction cost. */
function counts(totals: Usage) {
  const fellBack = totals.iterations?.some(({ type }) => type === 'fallback_message')
  const iterations = totals.iterations?.filter(({ type }) => type === 'message' || type === 'compaction') ?? []
  const parts: Tokens[] = fellBack || iterations.length === 0 ? [totals] : iterations
  const sum = (read: (part: Tokens) => number | undefined) =>
    parts.reduce((total, part) => total + (read(part) ?? 0), 0)
  const cached = sum((part) => part.cache_read_input_tokens)
  return {
    prompt: sum((part) => part.input_tokens) + cached + sum((part) => part.cache_creation_input_tokens),
    completion: sum((part) => part.output_tokens),
    cached,
    reasoning: totals.output_tokens_details?.thinking_tokens,
  }
}
