import { StringDecoder } from 'node:string_decoder'
import { crc32 } from 'node:zlib'
import type { Dialect } from '../bodies/body.ts'

/** What a reader tells of a stream. */
export interface Output {
  start(id: string): void
  text(text: string): void
  reasoning(text: string): void
  /** A call begins; `index` counts them. */
  call(index: number, id: string, name: string): void
  fragment(index: number, text: string): void
  finish(reason: string): void
}

export type Reader = (bytes: Buffer) => void

/** Reads one stream of this dialect, written by hand for it. */
export function reader(dialect: Dialect, out: Output): Reader {
  switch (dialect) {
    case 'openai':
    case 'azure':
    case 'groq':
    case 'together':
    case 'mistral':
      return dataOf(chat(out))
    case 'anthropic':
      return dataOf(anthropic(out))
    case 'gemini':
      return dataOf(gemini(out))
    case 'gemini-array': {
      const read = gemini(out)
      return elements((text) => read(JSON.parse(text) as Gemini))
    }
    case 'cohere':
      return dataOf(cohere(out))
    case 'cohere-v1': {
      const read = cohereV1(out)
      return lines((line) => read(JSON.parse(line) as CohereV1))
    }
    case 'bedrock': {
      const read = bedrock(out)
      return frames((type, payload) => read(type, JSON.parse(payload) as Bedrock))
    }
    case 'bedrock-invoke': {
      const read = anthropic(out)
      return frames((_type, payload) => {
        const { bytes } = JSON.parse(payload) as { bytes: string }
        read(JSON.parse(Buffer.from(bytes, 'base64').toString()) as Anthropic)
      })
    }
  }
}

function dataOf<Event>(read: (event: Event) => void): Reader {
  return lines((line) => {
    if (line.startsWith('data: ') && !line.startsWith('data: [DONE]')) read(JSON.parse(line.slice(6)) as Event)
  })
}

// ------------------------------------------------------------------------------------------------------------ framing

function lines(each: (line: string) => void): (bytes: Buffer) => void {
  const decoder = new StringDecoder()
  let rest = ''
  return (bytes) => {
    const read = decoder.write(bytes)
    if (!read.includes('\n')) {
      // Not looked at again, so that long lines stay linear.
      rest += read
      return
    }
    const text = rest + read
    let from = 0
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', from)) {
      // A CR in front of the line feed is white space to JSON.
      if (at > from && text.charCodeAt(from) !== 0x0d) each(text.slice(from, at))
      from = at + 1
    }
    rest = text.slice(from)
  }
}

/** The objects of an array, counted out by their braces. */
function elements(each: (text: string) => void): (bytes: Buffer) => void {
  const decoder = new StringDecoder()
  let rest = ''
  let scanned = 0
  let depth = 0
  let quoted = false
  return (bytes) => {
    let text = rest + decoder.write(bytes)
    let from = 0
    let at = scanned
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at)
      if (quoted) {
        if (code === 0x5c) at++
        else if (code === 0x22) quoted = false
      } else if (code === 0x22) quoted = true
      else if (code === 0x7b) {
        if (depth++ === 0) from = at
      } else if (code === 0x7d && --depth === 0) {
        each(text.slice(from, at + 1))
        from = at + 1
      }
    }
    text = text.slice(from)
    scanned = at - from
    rest = text
  }
}

function frames(each: (type: string, payload: string) => void): (bytes: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0)
  return (bytes) => {
    const all = rest.length === 0 ? bytes : Buffer.concat([rest, bytes])
    let at = 0
    while (all.length - at >= 16) {
      const total = all.readUInt32BE(at)
      if (all.length - at < total) break
      if (crc32(all.subarray(at, at + total - 4)) !== all.readUInt32BE(at + total - 4)) throw new Error('checksum')
      const payload = at + 12 + all.readUInt32BE(at + 4)
      each(eventType(all, at + 12, payload), all.toString('utf8', payload, at + total - 4))
      at += total
    }
    rest = all.subarray(at)
  }
}

function eventType(all: Buffer, from: number, to: number): string {
  for (let at = from; at < to; ) {
    const name = all.toString('latin1', at + 1, at + 1 + (all[at] as number))
    const value = at + 1 + name.length + 3
    const length = all.readUInt16BE(value - 2)
    if (name === ':event-type') return all.toString('latin1', value, value + length)
    at = value + length
  }
  return ''
}

// ----------------------------------------------------------------------------------------------------------- dialects

const STOP: Readonly<Record<string, string>> = {
  ...{ end_turn: 'stop', stop_sequence: 'stop', max_tokens: 'length', tool_use: 'tool_calls' },
  ...{ COMPLETE: 'stop', MAX_TOKENS: 'length', TOOL_CALL: 'tool_calls', eos: 'stop' },
  // Gemini's, as a word and as a number.
  ...{ STOP: 'stop', 1: 'stop' },
}

interface Chat {
  id: string
  choices: { delta?: ChatDelta; finish_reason?: string | null }[]
}
interface ChatDelta {
  content?: string | null | { type: string; text?: string; thinking?: { text: string }[] }[]
  reasoning?: string | null
  reasoning_content?: string | null
  tool_calls?: { index?: number; id?: string; function: { name?: string; arguments?: string } }[] | null
}

function chat(out: Output): (event: Chat) => void {
  let started = false
  return ({ id, choices: [choice] }) => {
    if (choice === undefined) return
    const { delta = {}, finish_reason } = choice
    if (!started) out.start(id)
    started = true
    const thought = delta.reasoning_content ?? delta.reasoning
    if (thought) out.reasoning(thought)
    if (typeof delta.content === 'string') {
      if (delta.content !== '') out.text(delta.content)
    } else {
      for (const { text, thinking = [] } of delta.content ?? []) {
        for (const part of thinking) if (part.text) out.reasoning(part.text)
        if (text) out.text(text)
      }
    }
    for (const call of delta.tool_calls ?? []) {
      if (call.id !== undefined) out.call(call.index ?? 0, call.id, call.function.name ?? '')
      if (call.function.arguments) out.fragment(call.index ?? 0, call.function.arguments)
    }
    if (finish_reason) out.finish(STOP[finish_reason] ?? finish_reason)
  }
}

interface Anthropic {
  type: string
  index: number
  message: { id: string }
  content_block: { type: string; id: string; name: string; text?: string }
  delta: { type?: string; text: string; thinking: string; partial_json: string; stop_reason: string }
}

function anthropic(out: Output): (event: Anthropic) => void {
  let calls = 0
  let inCall = false
  return (event) => {
    switch (event.type) {
      case 'message_start':
        return out.start(`chatcmpl-${event.message.id}`)
      case 'content_block_start':
        inCall = event.content_block.type === 'tool_use'
        if (inCall) out.call(calls++, event.content_block.id, event.content_block.name)
        return
      case 'content_block_delta':
        if (event.delta.type === 'text_delta') out.text(event.delta.text)
        else if (event.delta.type === 'thinking_delta') out.reasoning(event.delta.thinking)
        else if (event.delta.type === 'input_json_delta' && inCall && event.delta.partial_json !== '')
          out.fragment(calls - 1, event.delta.partial_json)
        return
      case 'message_delta':
        return out.finish(STOP[event.delta.stop_reason] ?? event.delta.stop_reason)
    }
  }
}

interface Gemini {
  responseId?: string
  candidates?: {
    content?: { parts?: { text?: string; thought?: boolean; functionCall?: { name: string; args: unknown } }[] }
    finishReason?: string | number
  }[]
}

function gemini(out: Output): (event: Gemini) => void {
  let started = false
  let calls = 0
  return ({ responseId, candidates: [candidate] = [] }) => {
    if (!started) out.start(`chatcmpl-${responseId}`)
    started = true
    for (const { text, thought, functionCall } of candidate?.content?.parts ?? []) {
      if (text) {
        if (thought) out.reasoning(text)
        else out.text(text)
      }
      if (functionCall === undefined) continue
      out.call(calls, `call_${calls}`, functionCall.name)
      out.fragment(calls++, JSON.stringify(functionCall.args))
    }
    if (candidate?.finishReason !== undefined)
      out.finish(STOP[candidate.finishReason] ?? String(candidate.finishReason))
  }
}

interface Cohere {
  type: string
  id: string
  index: number
  delta: {
    message: {
      content: { text?: string; thinking?: string }
      tool_plan?: string
      tool_calls: { id: string; function: { name: string; arguments: string } }
    }
    finish_reason: string
  }
}

function cohere(out: Output): (event: Cohere) => void {
  let calls = 0
  return ({ type, id, delta }) => {
    switch (type) {
      case 'message-start':
        return out.start(`chatcmpl-${id}`)
      case 'content-start':
      case 'content-delta': {
        const { text, thinking } = delta.message.content
        if (text) out.text(text)
        if (thinking) out.reasoning(thinking)
        return
      }
      case 'tool-plan-delta':
        if (delta.message.tool_plan) out.reasoning(delta.message.tool_plan)
        return
      case 'tool-call-start': {
        const { id: call, function: called } = delta.message.tool_calls
        out.call(calls++, call, called.name)
        if (called.arguments) out.fragment(calls - 1, called.arguments)
        return
      }
      case 'tool-call-delta':
        return out.fragment(calls - 1, delta.message.tool_calls.function.arguments)
      case 'message-end':
        return out.finish(STOP[delta.finish_reason] ?? delta.finish_reason)
    }
  }
}

interface CohereV1 {
  event_type: string
  generation_id: string
  text: string
  finish_reason: string
}

function cohereV1(out: Output): (event: CohereV1) => void {
  return (event) => {
    switch (event.event_type) {
      case 'stream-start':
        return out.start(`chatcmpl-${event.generation_id}`)
      case 'text-generation':
        if (event.text !== '') out.text(event.text)
        return
      case 'stream-end':
        return out.finish(STOP[event.finish_reason] ?? event.finish_reason)
    }
  }
}

interface Bedrock {
  start: { toolUse?: { name: string; toolUseId: string } }
  delta: { text?: string; reasoningContent?: { text?: string }; toolUse?: { input: string } }
  stopReason: string
}

function bedrock(out: Output): (type: string, event: Bedrock) => void {
  let calls = 0
  return (type, event) => {
    switch (type) {
      case 'messageStart':
        return out.start('chatcmpl-0')
      case 'contentBlockStart':
        if (event.start.toolUse !== undefined)
          out.call(calls++, event.start.toolUse.toolUseId, event.start.toolUse.name)
        return
      case 'contentBlockDelta': {
        const { text, reasoningContent, toolUse } = event.delta
        if (text) out.text(text)
        if (reasoningContent?.text) out.reasoning(reasoningContent.text)
        if (toolUse?.input) out.fragment(calls - 1, toolUse.input)
        return
      }
      case 'messageStop':
        return out.finish(STOP[event.stopReason] ?? event.stopReason)
    }
  }
}
