import type { ChunkInit } from '../types/provider.ts'
import { thinkingTracer } from './anthropic/thinking-trace.ts'

/** Whatever names a block of the message. */
type Key = string | number

export interface ContentBlocksOptions {
  /** The tool whose input is the answer itself; undefined: the answer is text. */
  answerTool: string | undefined
  /** Whether signed thinking is to come back with the call that it led to. */
  keepsThinking: boolean
}

/** Reads the content blocks of one message: Anthropic's and Converse's, which differ in their events alone. */
export interface ContentBlocks {
  text(key: Key, words: string): ChunkInit[]
  /** Pieces of one block of thinking. `redacted` is thinking that only the model can read. */
  thought(key: Key, piece: { thinking: string; signature: string; redacted: string }): ChunkInit[]
  /** A call of one of the client's tools begins. */
  call(key: Key, id: string, name: string): ChunkInit[]
  /** A fragment of a call's arguments; nothing if the block is none of the client's calls. */
  input(key: Key, fragment: string): ChunkInit[]
  /** A block that cannot be sent back to the model, such as a call of the provider's own tools. */
  foreign(): void
  /** The block that was open is over. */
  end(): void
  /** Counts text that was read past this object, as a piece of the last text block. */
  said(characters: number): void
  /** Position of the last text block in the content so far, in characters. */
  range(): { start_index: number; end_index: number }
  /** Characters of what waits: thinking for the call that it leads to, and text that may be no answer. */
  kept(): number
  /** Takes the text that was held back for an answer through the tool; at the end of the message none will come. */
  rest(): ChunkInit[]
}

export function contentBlocks({ answerTool, keepsThinking }: ContentBlocksOptions): ContentBlocks {
  const trace = thinkingTracer()
  if (!keepsThinking) trace.gap()
  const calls = new Set<Key>()
  let answer: Key | undefined
  /** Talk in front of an answer through the tool would spoil its JSON, so it is held until there is no such answer. */
  let held = answerTool === undefined ? undefined : ''
  let thinking: { key: Key; thinking: string; signature: string; redacted: string } | undefined
  let textBlock: Key | undefined
  let start = 0
  let length = 0

  const end = () => {
    if (thinking === undefined) return
    const { thinking: words, signature, redacted } = thinking
    thinking = undefined
    if (signature !== '') trace.thinking({ type: 'thinking', thinking: words, signature })
    else if (redacted !== '') trace.thinking({ type: 'redacted_thinking', data: redacted })
    else trace.gap()
  }

  const said = (characters: number) => {
    end()
    length += characters
    trace.text(characters)
  }

  const text = (key: Key, words: string): ChunkInit[] => {
    if (held !== undefined) {
      held += words
      return []
    }
    if (key !== textBlock) start = length
    textBlock = key
    if (words === '') return []
    said(words.length)
    return [{ content: words }]
  }

  return {
    text,
    thought(key, piece) {
      if (thinking?.key !== key) end()
      thinking ??= { key, thinking: '', signature: '', redacted: '' }
      thinking.thinking += piece.thinking
      thinking.signature += piece.signature
      thinking.redacted += piece.redacted
      return piece.thinking === '' ? [] : [{ reasoning: piece.thinking }]
    },
    call(key, id, name) {
      end()
      if (name === answerTool) {
        answer = key
        held = undefined
        return []
      }
      calls.add(key)
      const state = trace.call()
      return [{ toolCalls: [{ key, id, name, ...(state !== undefined && { state }) }] }]
    },
    input(key, fragment) {
      if (key === answer) return text(key, fragment)
      return fragment !== '' && calls.has(key) ? [{ toolCalls: [{ key, arguments: fragment }] }] : []
    },
    foreign() {
      end()
      trace.gap()
    },
    end,
    said,
    range: () => ({ start_index: start, end_index: length }),
    kept() {
      const open = thinking && thinking.thinking.length + thinking.signature.length + thinking.redacted.length
      return (open ?? 0) + trace.kept() + (held?.length ?? 0)
    },
    rest() {
      const content = held ?? ''
      held = undefined
      return content === '' ? [] : [{ content }]
    },
  }
}
