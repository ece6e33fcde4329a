import { unusableAnswer } from '../../../errors.ts'
import { isJson } from '../../../is-json.ts'
import type { SseResponse } from '../sse-response.ts'
import type { Phase } from './phase.ts'

/** Sends the rest of a broken answer of JSON: the joint of the two is right if the whole of it parses. */
export function passJsonPhase(response: SseResponse): Phase {
  const self: Phase = {
    accept(chunk) {
      response.send(chunk)
      return self
    },
    end() {
      if (isJson(response.transcript().text() ?? '')) return
      throw unusableAnswer('JSON was asked for, and the answer that was gone on with is none.')
    },
  }
  return self
}
