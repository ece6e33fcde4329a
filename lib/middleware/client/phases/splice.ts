import type { Chunk } from '../../../types/chunk.ts'
import type { AttemptInfo } from '../downstream.ts'
import type { SseResponse } from '../sse-response.ts'
import type { Phase } from './phase.ts'

/**
 * After a break: holds a new answer as long as it repeats what the client has. If all of that comes again, the rest is sent and
 * the client never notices; else all of it goes to the phase for `another` answer.
 */
export function splicePhase(response: SseResponse, attempt: AttemptInfo, next: Phase, another: Phase): Phase {
  const splice = response.transcript().splice()
  const self: Phase = {
    accept(chunk) {
      const verdict = splice.accept(chunk)
      if (verdict.type === 'held') return self
      if (verdict.type === 'differs') return given(another, verdict.chunks)
      attempt.onResume('splice')
      for (const each of verdict.chunks) response.send(each)
      return next
    },
    end(ending) {
      // An answer that ends within what the client has is another, shorter one.
      given(another, splice.held()).end(ending)
    },
  }
  return self
}

function given(phase: Phase, chunks: readonly Chunk[]): Phase {
  return chunks.reduce((current, chunk) => current.accept(chunk), phase)
}
