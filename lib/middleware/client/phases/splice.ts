import type { Chunk } from '../../../types/chunk.ts'
import { continuationRefused } from '../../recovery/continuation-refused.ts'
import type { AttemptInfo } from '../downstream.ts'
import type { SseResponse } from '../sse-response.ts'
import type { Phase } from './phase.ts'

/**
 * After a break: holds a new answer as long as it repeats what the client has. If all of that comes again, the rest is sent and
 * the client never notices; else the answer is announced as another one and sent from its beginning, or refused where that
 * must not be.
 */
export function splicePhase(response: SseResponse, attempt: AttemptInfo, next: Phase): Phase {
  const splice = response.transcript().splice()
  const restart = (first: Chunk) => {
    if (attempt.resume.type === 'splice') throw continuationRefused()
    attempt.onResume('restart')
    response.restart(attempt, first)
  }
  const self: Phase = {
    accept(chunk) {
      const verdict = splice.accept(chunk)
      if (verdict.type === 'held') return self
      if (verdict.type === 'joined') attempt.onResume('splice')
      else restart(chunk)
      for (const each of verdict.chunks) response.send(each)
      return next
    },
    end(ending) {
      // An answer that ends within what the client has is another, shorter one.
      const held = splice.held()
      restart(held[0] ?? ending)
      for (const each of held) response.send(each)
    },
  }
  return self
}
