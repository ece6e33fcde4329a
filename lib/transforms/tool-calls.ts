import { randomUUID } from 'node:crypto'
import { streamFailure } from '../errors.ts'
import type { ChunkToolCall, ToolCallDelta } from '../types.ts'
import { packCallId } from './call-id.ts'

/** The tool calls of one choice of one stream. */
export interface ToolCalls {
  /** Takes a piece as the provider told it; answers the pieces that may go out now. */
  add(delta: ToolCallDelta): ChunkToolCall[]
  /** Answers what is still to go out once the stream is whole. `cut`: the model ran out of tokens. */
  finish(cut: boolean): ChunkToolCall[]
  /** How many calls there are. */
  readonly count: number
}

interface Call {
  index: number
  id: string
  state: string | undefined
  type: 'function' | 'custom'
  name: string
  /** What has not gone out yet. */
  text: string
  started: boolean
  /** Whether any argument text has gone out. */
  filled: boolean
}

/**
 * Gives the calls of one choice dense indexes, an id, and the shape that strict clients need: `id`, `type` and name in the
 * first piece only. `whole` keeps every call back until `finish`, so that a stream which breaks leaves no half call at the
 * client; `live` lets pieces through as they come. At most `maxBytes` characters of arguments are kept.
 */
export function toolCalls(mode: 'whole' | 'live', maxBytes: number): ToolCalls {
  const calls = new Map<string | number, Call>()
  let held = 0

  const release = (call: Call): ChunkToolCall => {
    const text = call.text
    held -= text.length
    call.text = ''
    call.filled ||= text !== ''
    if (call.started) return piece(call, { arguments: text })
    call.started = true
    return { index: call.index, id: packCallId(call.id, call.state), type: call.type, ...body(call, text) }
  }

  return {
    get count() {
      return calls.size
    },
    add(delta) {
      const call = calls.get(delta.key) ?? newCall(calls.size)
      calls.set(delta.key, call)
      if (delta.id) call.id ||= delta.id
      if (delta.name) call.name ||= delta.name
      if (delta.type !== undefined) call.type = delta.type
      call.state ??= delta.state
      call.text += delta.arguments ?? ''
      held += delta.arguments?.length ?? 0
      if (held > maxBytes) throw streamFailure('malformed', `Tool calls exceed maxToolCallBytes (${maxBytes}).`)
      if (mode === 'whole' || call.name === '' || call.text === 'null') return []
      call.id ||= newId()
      return call.started && call.text === '' ? [] : [release(call)]
    },
    finish(cut) {
      const pieces: ChunkToolCall[] = []
      for (const call of calls.values()) {
        const empty = !call.filled && (call.text === '' || call.text === 'null')
        if (empty && call.type === 'function' && !cut) call.text = '{}'
        call.id ||= newId()
        if (!call.started || call.text !== '') pieces.push(release(call))
      }
      return pieces
    },
  }
}

function newCall(index: number): Call {
  return { index, id: '', state: undefined, type: 'function', name: '', text: '', started: false, filled: false }
}

function newId(): string {
  return `call_${randomUUID().replaceAll('-', '').slice(0, 24)}`
}

function body(call: Call, text: string): Pick<ChunkToolCall, 'function' | 'custom'> {
  return call.type === 'custom'
    ? { custom: { name: call.name, input: text } }
    : { function: { name: call.name, arguments: text } }
}

function piece(call: Call, { arguments: text }: { arguments: string }): ChunkToolCall {
  return call.type === 'custom'
    ? { index: call.index, custom: { input: text } }
    : { index: call.index, function: { arguments: text } }
}
