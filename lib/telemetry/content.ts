import type { ChatRequest, Message } from '../types/chat.ts'
import type { Chunk } from '../types/chunk.ts'

/** Characters of all texts in one attribute; what is longer is cut. */
const MOST_TEXT = 64 * 1024

type Part = { type: string; [field: string]: unknown }

/** A request's messages in the form of the conventions' `gen_ai.input.messages`, as JSON. Images and files are only named. */
export function inputMessages({ messages }: ChatRequest): string {
  const cut = shortener()
  return JSON.stringify(messages.map((message) => ({ role: message.role, parts: partsOf(message, cut) })))
}

function partsOf(message: Message, cut: (text: string) => string): Part[] {
  const { content } = message
  if (message.role === 'tool') {
    return [{ type: 'tool_call_response', id: message.tool_call_id, response: cut(JSON.stringify(content)) }]
  }
  const said = typeof content === 'string' ? [{ type: 'text', text: content }] : (content ?? [])
  const parts = said.map((part): Part => {
    if (part.type === 'text') return { type: 'text', content: cut(part.text) }
    return { type: part.type }
  })
  const calls = message.role === 'assistant' ? (message.tool_calls ?? []) : []
  return [
    ...parts,
    ...calls.map(({ id, function: called, custom }) => {
      const text = called?.arguments ?? custom?.input ?? ''
      return { type: 'tool_call', id, name: called?.name ?? custom?.name, arguments: cut(text) }
    }),
  ]
}

/** Gathers what an attempt's chunks say, in the form of `gen_ai.output.messages`. */
export interface OutputMessages {
  add(chunk: Chunk): void
  /** As JSON. */
  result(): string
}

interface Choice {
  reasoning: string
  text: string
  calls: Map<number, { id: string | undefined; name: string; arguments: string }>
  finish: string | undefined
}

export function outputMessages(): OutputMessages {
  const choices = new Map<number, Choice>()
  const cut = shortener()
  return {
    add(chunk) {
      for (const { index, delta, finish_reason } of chunk.choices) {
        const choice = choices.get(index) ?? { reasoning: '', text: '', calls: new Map(), finish: undefined }
        choices.set(index, choice)
        choice.reasoning += cut(delta.reasoning_content ?? '')
        choice.text += cut(delta.content ?? '') + cut(delta.refusal ?? '')
        choice.finish = finish_reason ?? choice.finish
        for (const { index: at, id, function: called, custom } of delta.tool_calls ?? []) {
          const call = choice.calls.get(at) ?? { id, name: '', arguments: '' }
          choice.calls.set(at, call)
          call.name += called?.name ?? custom?.name ?? ''
          call.arguments += cut(called?.arguments ?? custom?.input ?? '')
        }
      }
    },
    result: () => JSON.stringify([...choices.values()].map(messageOf)),
  }
}

function messageOf({ reasoning, text, calls, finish }: Choice) {
  const parts: Part[] = [
    ...(reasoning === '' ? [] : [{ type: 'reasoning', content: reasoning }]),
    ...(text === '' ? [] : [{ type: 'text', content: text }]),
    ...[...calls.values()].map((call) => ({ type: 'tool_call', ...call })),
  ]
  return { role: 'assistant', parts, ...(finish !== undefined && { finish_reason: finish }) }
}

function shortener(): (text: string) => string {
  let left = MOST_TEXT
  return (text) => {
    const kept = text.slice(0, left)
    left -= kept.length
    return kept
  }
}
