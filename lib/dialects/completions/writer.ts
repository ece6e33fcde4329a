import type { Chunk } from '../../types/chunk.ts'
import { DONE, errorFrame } from '../chat-completions/sse-encoder.ts'
import { commentFrame } from '../comment-frame.ts'
import type { AnswerWriter } from '../dialect.ts'
import { envelopeOf, type TextChoice, type TextCompletion, textLogprobs, textOf } from './text-completion.ts'

/**
 * Writes an answer's text as SSE; reasoning and citations have no place in this format. `echo` stands before the text of each
 * choice.
 */
export function answerWriter(includeUsage: boolean, echo: string): AnswerWriter {
  let envelope: Omit<TextCompletion, 'choices'> | undefined
  /** Characters written of each choice. */
  const written = new Map<number, number>()

  const frame = (chunk: Chunk, choices: TextChoice[], usage: TextCompletion['usage']): string => {
    // Those of the first attempt's, whoever goes on.
    envelope ??= envelopeOf(chunk)
    return `data: ${JSON.stringify({ ...envelope, choices, ...(usage !== undefined && { usage }) })}\n\n`
  }
  const noUsage = includeUsage ? null : undefined

  const write = (chunk: Chunk): string => {
    let frames = ''
    for (const { index, delta, logprobs, finish_reason } of chunk.choices) {
      const known = written.get(index)
      const text = (known === undefined ? echo : '') + textOf(delta)
      if (text === '' && finish_reason === null) continue
      const offset = known ?? echo.length
      written.set(index, (known ?? 0) + text.length)
      const choice = { text, index, logprobs: textLogprobs(logprobs, offset), finish_reason }
      frames += frame(chunk, [choice], noUsage)
    }
    return frames
  }

  return {
    chunk: write,
    keepAlive: () => commentFrame('keep-alive'),
    finish(ending) {
      const frames = ending.map((chunk) => {
        if (chunk.choices.length > 0) return write(chunk)
        return includeUsage ? frame(chunk, [], chunk.usage) : ''
      })
      return frames.join('') + DONE
    },
    fail: errorFrame,
  }
}
