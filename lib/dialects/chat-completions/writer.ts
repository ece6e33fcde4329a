import { makeChunk } from '../../chunk.ts'
import type { Chunk } from '../../types/chunk.ts'
import { commentFrame } from '../comment-frame.ts'
import type { AnswerWriter } from '../dialect.ts'
import { DONE, errorFrame, type SseEncoder, sseEncoder } from './sse-encoder.ts'

/** Writes an answer as OpenAI's SSE: the role of each choice once, before all else of it. */
export function answerWriter(includeUsage: boolean): AnswerWriter {
  let encoder: SseEncoder | undefined
  /** The choices whose role was written. */
  let roles: number[] = []

  const encode = (chunk: Chunk): string => {
    encoder ??= sseEncoder(chunk, includeUsage)
    return encoder.chunk(chunk)
  }
  const newRoles = (chunk: Chunk): string => {
    let frames = ''
    for (const { index } of chunk.choices) {
      if (roles.includes(index)) continue
      roles.push(index)
      frames += encode(roleChunk(chunk, index))
    }
    return frames
  }
  const write = (chunk: Chunk): string => {
    const frames = newRoles(chunk)
    return isRole(chunk) ? frames : frames + encode(chunk)
  }

  return {
    chunk: write,
    restart(first, { attempt, provider, reason }) {
      roles = [0]
      const comment = commentFrame(`restart: attempt ${attempt}, ${provider}, after ${reason}`)
      return comment + encode({ ...roleChunk(first, 0), streamgate: { event: 'restart', attempt, provider, reason } })
    },
    keepAlive: () => commentFrame('keep-alive'),
    finish(ending) {
      const asked = ending.filter(({ choices }) => choices.length > 0 || includeUsage)
      return asked.map(write).join('') + DONE
    },
    fail: errorFrame,
  }
}

/** Whether a chunk says that its choice begins, and nothing else. */
function isRole({ choices }: Chunk): boolean {
  if (choices.length === 0) return false
  for (const { delta, finish_reason } of choices) {
    if (delta.role === undefined || finish_reason !== null) return false
    for (const key in delta) if (key !== 'role') return false
  }
  return true
}

function roleChunk({ id, object, created, model }: Chunk, index: number): Chunk {
  return makeChunk({ id, object, created, model }, index, { role: 'assistant', content: '', refusal: null })
}
