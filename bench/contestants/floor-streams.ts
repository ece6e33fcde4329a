import { StringDecoder } from 'node:string_decoder'
import { crc32 } from 'node:zlib'
import type { Dialect } from '../wire.ts'

export interface Output {
  start(id: string): void
  text(text: string): void
  finish(reason: string): void
}

/** Reads one stream of this dialect, written by hand for it. */
export function loop(dialect: Dialect, out: Output): (bytes: Buffer) => void {
  switch (dialect) {
    case 'openai':
      return lines((line) => {
        if (line.startsWith('data: ') && line !== 'data: [DONE]') openai(JSON.parse(line.slice(6)) as OpenAI, out)
      })
    case 'anthropic':
      return lines((line) => {
        if (line.startsWith('data: ')) anthropic(JSON.parse(line.slice(6)) as Anthropic, out)
      })
    case 'gemini': {
      const read = gemini(out)
      return lines((line) => {
        if (line.startsWith('data: ')) read(JSON.parse(line.slice(6)) as Gemini)
      })
    }
    case 'gemini-array': {
      const read = gemini(out)
      return elements((text) => read(JSON.parse(text) as Gemini))
    }
    case 'cohere':
      return lines((line) => cohere(JSON.parse(line) as Cohere, out))
    case 'bedrock':
      return frames((type, payload) => bedrock(type, JSON.parse(payload) as Bedrock, out))
  }
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
      if (at > from) each(text.slice(from, at))
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

interface OpenAI {
  id: string
  choices: { delta: { role?: string; content?: string }; finish_reason: string | null }[]
}

function openai({ id, choices: [choice] }: OpenAI, out: Output): void {
  if (choice === undefined) return
  if (choice.delta.role !== undefined) out.start(id)
  if (choice.delta.content) out.text(choice.delta.content)
  if (choice.finish_reason !== null) out.finish(choice.finish_reason)
}

interface Anthropic {
  type: string
  message: { id: string }
  delta: { type?: string; text: string; stop_reason: string }
}

const STOP: Record<string, string> = {
  end_turn: 'stop',
  max_tokens: 'length',
  tool_use: 'tool_calls',
  COMPLETE: 'stop',
}

function anthropic(event: Anthropic, out: Output): void {
  switch (event.type) {
    case 'message_start':
      out.start(`chatcmpl-${event.message.id}`)
      return
    case 'content_block_delta':
      if (event.delta.type === 'text_delta') out.text(event.delta.text)
      return
    case 'message_delta':
      out.finish(STOP[event.delta.stop_reason] ?? 'stop')
      return
  }
}

interface Gemini {
  responseId: string
  candidates: { content: { parts: { text: string }[] }; finishReason?: string }[]
}

function gemini(out: Output): (event: Gemini) => void {
  let started = false
  return ({ responseId, candidates: [candidate] }) => {
    if (!started) out.start(`chatcmpl-${responseId}`)
    started = true
    for (const { text } of candidate?.content.parts ?? []) if (text) out.text(text)
    if (candidate?.finishReason !== undefined) out.finish('stop')
  }
}

interface Cohere {
  event_type: string
  generation_id: string
  text: string
  finish_reason: string
}

function cohere(event: Cohere, out: Output): void {
  switch (event.event_type) {
    case 'stream-start':
      out.start(`chatcmpl-${event.generation_id}`)
      return
    case 'text-generation':
      out.text(event.text)
      return
    case 'stream-end':
      out.finish(STOP[event.finish_reason] ?? 'stop')
      return
  }
}

interface Bedrock {
  delta: { text?: string }
  stopReason: string
}

function bedrock(type: string, event: Bedrock, out: Output): void {
  switch (type) {
    case 'messageStart':
      out.start('chatcmpl-0')
      return
    case 'contentBlockDelta':
      if (event.delta.text) out.text(event.delta.text)
      return
    case 'messageStop':
      out.finish(STOP[event.stopReason] ?? 'stop')
      return
  }
}
