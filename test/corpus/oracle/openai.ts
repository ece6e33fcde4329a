import { type Call, type Choice, choiceOf, finish, type Reading } from './reading.ts'
import type { Event } from './wire.ts'

interface Usage {
  prompt_tokens: number
  completion_tokens: number
  cached_tokens?: number
  reasoning_tokens?: number
  prompt_tokens_details?: { cached_tokens?: number } | null
  completion_tokens_details?: { reasoning_tokens?: number } | null
}
interface ToolCall {
  index?: number
  id?: string | null
  function?: { name?: string | null; arguments?: string | null }
}
interface Part {
  type: string
  text?: string
  thinking?: { text?: string }[]
}
interface Delta {
  content?: string | Part[] | null
  reasoning?: string | null
  reasoning_content?: string | null
  refusal?: string | null
  tool_calls?: ToolCall[] | null
}
interface Frame {
  choices?: { index: number; delta?: Delta | null; finish_reason?: string | null }[]
  usage?: Usage | null
  x_groq?: { usage?: Usage; error?: string }
  error?: { status_code?: number }
}

const FINISH: Record<string, string> = {
  stop: 'stop',
  eos: 'stop',
  length: 'length',
  model_length: 'length',
  tool_calls: 'tool_calls',
  function_call: 'tool_calls',
  content_filter: 'content_filter',
}

/** OpenAI, Azure, Groq, Together and Mistral. */
export function readOpenai(events: readonly Event[], reading: Reading): void {
  const keys = new Map<Choice, (string | number)[]>()
  for (const { name, data } of events) {
    if (data.trim() === '[DONE]') {
      reading.whole = true
      return
    }
    const frame = JSON.parse(data) as Frame
    if (name === 'error' || frame.error || frame.x_groq?.error) {
      reading.error = { status: frame.error?.status_code }
      return
    }
    const usage = frame.usage ?? frame.x_groq?.usage
    if (usage) {
      reading.usage = {
        prompt: usage.prompt_tokens,
        completion: usage.completion_tokens,
        cached: usage.prompt_tokens_details?.cached_tokens ?? usage.cached_tokens,
        reasoning: usage.completion_tokens_details?.reasoning_tokens ?? usage.reasoning_tokens,
      }
    }
    for (const { index, delta, finish_reason } of frame.choices ?? []) {
      const choice = choiceOf(reading, index)
      const parts = Array.isArray(delta?.content) ? delta.content : [{ type: 'text', text: delta?.content ?? '' }]
      choice.text += parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
      choice.reasoning += parts.flatMap(({ thinking = [] }) => thinking.map(({ text }) => text ?? '')).join('')
      choice.reasoning += delta?.reasoning_content ?? delta?.reasoning ?? ''
      choice.refusal += delta?.refusal ?? ''
      for (const told of delta?.tool_calls ?? []) {
        const call = callOf(choice, keys, told)
        call.name ||= told.function?.name ?? ''
        call.json += told.function?.arguments ?? ''
      }
      if (finish_reason) finish(reading, choice, FINISH, finish_reason)
      if (reading.error) return
    }
  }
  reading.whole = true
}

/** Pieces of one call have the same index; Mistral's calls without one are whole, and have ids. */
function callOf(choice: Choice, keys: Map<Choice, (string | number)[]>, told: ToolCall): Call {
  const known = keys.get(choice) ?? []
  keys.set(choice, known)
  const key = told.index ?? told.id ?? ''
  const at = known.indexOf(key)
  const call = choice.calls[at] ?? { id: told.id ?? undefined, name: '', json: '' }
  if (at === -1) {
    known.push(key)
    choice.calls.push(call)
  }
  return call
}
