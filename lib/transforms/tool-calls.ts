import { randomUUID } from 'node:crypto'
import { streamFailure, unusableAnswer } from '../errors.ts'
import type { ChunkToolCall, FinishReason } from '../types/chunk.ts'
import type { ToolCallDelta } from '../types/provider.ts'
import { packCallId } from './call-id.ts'

/** The tool calls of one choice of one stream. */
export interface ToolCalls {
  /** Takes a piece as the provider sent it; returns the pieces that may go out now. */
  add(delta: ToolCallDelta): ChunkToolCall[]
  /**
   * Returns what is still to go out once the stream is whole. A call within which a filter struck is left out; one that the
   * limit of tokens cut stays as it is. `valid`: other held arguments that are no JSON object are an error.
   */
  finish(end: { reason: FinishReason; valid: boolean }): ChunkToolCall[]
  /** How many calls there are. */
  count(): number
}

interface Call {
  index: number
  id: string
  state: string
  lessState: string
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
 * client; `live` lets pieces through as they come. `hold` is told how many characters are kept, below 0 how many went out;
 * it throws when they are too many.
 */
export function toolCalls(mode: 'whole' | 'live', hold: (characters: number) => void): ToolCalls {
  const calls = new Map<string | number, Call>()
  /** Of the provider's: two calls with one id could not be answered, so the second gets an id of ours. */
  const ids = new Set(NO_IDS)

  const callOf = (key: string | number): Call => {
    const known = calls.get(key)
    if (known !== undefined) return known
    hold(CALL_SIZE)
    const fresh = newCall(calls.size)
    calls.set(key, fresh)
    return fresh
  }

  /** The first text is the one that counts. */
  const keep = (call: Call, field: 'id' | 'state' | 'lessState', text: string | undefined) => {
    if (!text || call[field] !== '') return
    hold(text.length)
    call[field] = text
  }

  /** A name may grow until it goes out. */
  const rename = (call: Call, name: string | undefined) => {
    if (!name || name === call.name) return
    if (call.started) throw streamFailure('malformed', 'The provider changed the name of a tool call.')
    hold(name.length - call.name.length)
    call.name = name
  }

  const release = (call: Call): ChunkToolCall => {
    const text = call.text
    hold(-text.length)
    call.text = ''
    call.filled ||= text !== ''
    if (call.started) return piece(call, { arguments: text })
    call.started = true
    const id = packCallId(call.id, call.state || undefined, call.lessState || undefined)
    return { index: call.index, id, type: call.type, ...body(call, text) }
  }

  return {
    count: () => calls.size,
    add(delta) {
      const call = callOf(delta.key)
      if (call.id === '' && !ids.has(delta.id ?? '')) keep(call, 'id', delta.id)
      ids.add(call.id)
      rename(call, delta.name)
      keep(call, 'state', delta.state)
      keep(call, 'lessState', delta.lessState)
      if (delta.type !== undefined) call.type = delta.type
      const text = delta.arguments ?? ''
      hold(text.length)
      call.text += text
      if (mode === 'whole' || call.name === '' || call.text === 'null') return []
      call.id ||= newId()
      return call.started && call.text === '' ? [] : [release(call)]
    },
    finish({ reason, valid }) {
      const pieces: ChunkToolCall[] = []
      const cut = reason === 'length'
      for (const call of calls.values()) {
        if (reason === 'content_filter' && isHalf(call)) continue
        if (call.name.trim() === '') throw streamFailure('malformed', 'The provider made a tool call without a name.')
        const empty = !call.filled && ['', 'null'].includes(call.text.trim())
        if (empty && call.type === 'function' && !cut) call.text = '{}'
        if (valid && !cut && !call.started && call.type === 'function') call.text = wholeArguments(call)
        call.id ||= newId()
        if (!call.started || call.text !== '') pieces.push(release(call))
      }
      return pieces
    },
  }
}

/** Whether a call is not whole, and nothing of it has gone out. */
function isHalf({ started, name, type, text }: Call): boolean {
  return !started && (name === '' || (type === 'function' && objectIn(text) === undefined))
}

/** The arguments, a JSON object. Some servers send all of them once more behind the pieces: that copy is left out. */
function wholeArguments({ name, text }: Call): string {
  if (objectIn(text) !== undefined) return text
  for (
    let at = text.indexOf('}{'), tries = 0;
    at !== -1 && tries < MOST_COPIES;
    at = text.indexOf('}{', at + 1), tries += 1
  ) {
    const first = text.slice(0, at + 1)
    const object = objectIn(first)
    if (object !== undefined && object === objectIn(text.slice(at + 1))) return first
  }
  throw unusableAnswer(`The arguments of the call of ${name.slice(0, 64)} are no JSON object.`)
}

/** Places in the arguments where a copy could begin, that are looked at. */
const MOST_COPIES = 16

/** The text in its shortest form; undefined if it is no JSON object. */
function objectIn(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? JSON.stringify(value) : undefined
  } catch {
    return undefined
  }
}

/** What servers write of an id that they do not have. */
const NO_IDS: readonly string[] = ['null', 'None', 'undefined']

/** What a call takes besides its text, about: a stream of nothing but empty calls ends too. */
const CALL_SIZE = 200

function newCall(index: number): Call {
  return {
    index,
    id: '',
    state: '',
    lessState: '',
    type: 'function',
    name: '',
    text: '',
    started: false,
    filled: false,
  }
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
