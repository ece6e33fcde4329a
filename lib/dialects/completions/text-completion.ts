import type { Chunk, ChunkDelta, FinishReason, Logprobs, TokenLogprob, Usage } from '../../types/chunk.ts'
import type { AnswerFold } from '../dialect.ts'

/** The log probabilities of a text, in the form that this API has for them. Offsets are counted in characters. */
export interface TextLogprobs {
  tokens: string[]
  token_logprobs: number[]
  top_logprobs: Record<string, number>[]
  text_offset: number[]
}

/** One choice, in a frame or whole. */
export interface TextChoice {
  text: string
  index: number
  logprobs: TextLogprobs | null
  finish_reason: FinishReason | null
}

/** OpenAI's `text_completion`: a frame of a stream, and the answer to `stream: false`. */
export interface TextCompletion {
  id: string
  object: 'text_completion'
  created: number
  model: string
  choices: TextChoice[]
  usage?: Usage | null
}

/** The members that all frames of an answer share. */
export function envelopeOf({ id, created, model }: Chunk): Omit<TextCompletion, 'choices'> {
  return { id: id.replace(/^chatcmpl-/, 'cmpl-'), object: 'text_completion', created, model }
}

/** What a delta says, a refusal too: left out, it would be an empty answer that ended well. */
export function textOf({ content, refusal }: ChunkDelta): string {
  return (content ?? '') + (refusal ?? '')
}

/** `offset`: of the text behind which these tokens stand. */
export function textLogprobs(logprobs: Logprobs | null, offset: number): TextLogprobs | null {
  const tokens = logprobs?.content
  if (!tokens?.length) return null
  let end = offset
  return {
    tokens: tokens.map(({ token }) => token),
    token_logprobs: tokens.map(({ logprob }) => logprob),
    top_logprobs: tokens.map(topOf),
    text_offset: tokens.map(({ token }) => {
      const start = end
      end += token.length
      return start
    }),
  }
}

function topOf({ top_logprobs }: TokenLogprob): Record<string, number> {
  return Object.fromEntries(top_logprobs.map(({ token, logprob }) => [token, logprob]))
}

/** Folds the chunks of one answer. `echo` stands before the text of each choice. */
export function foldText(echo: string): AnswerFold {
  let first: Chunk | undefined
  let usage: Usage | undefined
  const choices = new Map<number, TextChoice>()

  const choiceOf = (index: number): TextChoice => {
    const known = choices.get(index) ?? { text: echo, index, logprobs: null, finish_reason: null }
    choices.set(index, known)
    return known
  }

  return {
    add(chunk) {
      first ??= chunk
      usage = chunk.usage ?? usage
      for (const { index, delta, logprobs, finish_reason } of chunk.choices) {
        const choice = choiceOf(index)
        choice.logprobs = joinLogprobs(choice.logprobs, textLogprobs(logprobs, choice.text.length))
        choice.text += textOf(delta)
        choice.finish_reason = finish_reason ?? choice.finish_reason
      }
    },
    result(): TextCompletion {
      if (first === undefined) throw new Error('there is no chunk to fold')
      const inOrder = [...choices.values()].sort((a, b) => a.index - b.index)
      return { ...envelopeOf(first), choices: inOrder, ...(usage && { usage }) }
    },
  }
}

/** Grows the first, which is ours. */
function joinLogprobs(known: TextLogprobs | null, more: TextLogprobs | null): TextLogprobs | null {
  if (known === null || more === null) return known ?? more
  for (const [at, token] of more.tokens.entries()) {
    known.tokens.push(token)
    known.token_logprobs.push(more.token_logprobs[at] ?? 0)
    known.top_logprobs.push(more.top_logprobs[at] ?? {})
    known.text_offset.push(more.text_offset[at] ?? 0)
  }
  return known
}
