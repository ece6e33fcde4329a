import type { SseResponse } from '../sse-response.ts'
import type { Phase } from './phase.ts'

/** Sends each chunk as it comes. */
export function passPhase(response: SseResponse): Phase {
  const self: Phase = {
    accept(chunk) {
      response.send(chunk)
      return self
    },
    end() {},
  }
  return self
}
