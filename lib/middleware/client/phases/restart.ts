import type { Chunk } from '../../../types/chunk.ts'
import { continuationRefused } from '../../recovery/continuation-refused.ts'
import type { AttemptInfo } from '../downstream.ts'
import type { SseResponse } from '../sse-response.ts'
import type { Phase } from './phase.ts'

/** After a break: announces another answer, and sends it from its beginning; throws where that must not be. */
export function restartPhase(response: SseResponse, attempt: AttemptInfo, next: Phase): Phase {
  const announce = (first: Chunk) => {
    if (attempt.way.type === 'splice') throw continuationRefused()
    attempt.onResume('restart')
    response.restart(attempt, first)
  }
  return {
    accept(chunk) {
      announce(chunk)
      response.send(chunk)
      return next
    },
    end: announce,
  }
}
