import { unusableAnswer } from '../../../errors.ts'
import type { SseResponse } from '../sse-response.ts'
import type { Phase } from './phase.ts'

/** Sends each chunk as it comes. `onEnd` is called when the content is complete; what it throws fails the attempt. */
export function passPhase(response: SseResponse, onEnd: () => void = () => {}): Phase {
  const self: Phase = {
    accept(chunk) {
      response.send(chunk)
      return self
    },
    end: onEnd,
  }
  return self
}

/** Sends the rest of a broken answer of JSON: the joint of the two is right if the whole of it parses. */
export function passJsonPhase(response: SseResponse): Phase {
  return passPhase(response, () => {
    if (!isJson(response.transcript().text() ?? '')) {
      throw unusableAnswer('JSON was asked for, and the answer that was gone on with is none.')
    }
  })
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
