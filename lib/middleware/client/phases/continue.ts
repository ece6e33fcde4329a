import { isOpaque, makeChunk, nativeOf, withNative } from '../../../chunk.ts'
import type { Chunk, ChunkDelta } from '../../../types/chunk.ts'
import type { NativeEvent } from '../../../types/provider.ts'
import { continuationRefused } from '../../recovery/continuation-refused.ts'
import type { JoinCheck, JoinVerdict } from '../../recovery/join-check.ts'
import type { AttemptInfo } from '../downstream.ts'
import type { SseResponse } from '../sse-response.ts'
import type { Phase } from './phase.ts'

/** After a break: holds a continuation until it is certain that it continues where the answer broke off; else throws. */
export function continuePhase(response: SseResponse, attempt: AttemptInfo, check: JoinCheck, next: Phase): Phase {
  const sent = 'text' in attempt.way ? attempt.way.text.length : 0
  let received = 0

  /** `others` and the provider's own events stand behind the text. */
  const follow = (verdict: JoinVerdict, chunk: Chunk, others: ChunkDelta, natives?: readonly NativeEvent[]): Phase => {
    if (verdict.type === 'held') return self
    if (verdict.type === 'refused') throw continuationRefused()
    attempt.onResume('continuation')
    response.continueBehind(sent + verdict.text.length - received)
    if (verdict.text !== '') response.send(makeChunk(chunk, 0, { content: verdict.text }))
    if (Object.keys(others).length > 0 || natives?.length)
      response.send(withNative(makeChunk(chunk, 0, others), natives))
    return next
  }
  const self: Phase = {
    accept(chunk) {
      // Reasoning is not sent again.
      const { content, reasoning_content: _, ...others } = chunk.choices[0]?.delta ?? {}
      if (others.refusal || others.audio) throw continuationRefused()
      received += content?.length ?? 0
      const verdict: JoinVerdict = content ? check.accept(content) : { type: 'held' }
      // No text that could decide comes behind a call, or behind the work of a tool that the provider runs.
      const decides = others.tool_calls !== undefined || others.function_call !== undefined || isOpaque(chunk)
      // The events of a text say all of it.
      const natives = content ? undefined : nativeOf(chunk)
      const decided = decides && verdict.type === 'held' ? check.end({ callFollows: true }) : verdict
      return follow(decided, chunk, others, natives)
    },
    end(ending) {
      const rest = follow(check.end({ callFollows: false }), ending, {})
      if (rest !== self) rest.end(ending)
    },
  }
  return self
}
