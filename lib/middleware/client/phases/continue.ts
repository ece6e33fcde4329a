import { makeChunk } from '../../../chunk.ts'
import type { Chunk, ChunkDelta } from '../../../types/chunk.ts'
import { continuationRefused } from '../../recovery/continuation-refused.ts'
import type { JoinCheck, JoinVerdict } from '../../recovery/join-check.ts'
import type { AttemptInfo } from '../downstream.ts'
import type { SseResponse } from '../sse-response.ts'
import type { Phase } from './phase.ts'

/** After a break: holds a continuation until it is certain that it goes on where the answer broke off; else throws. */
export function continuePhase(response: SseResponse, attempt: AttemptInfo, check: JoinCheck, next: Phase): Phase {
  /** `others` stands in the chunk beside its text. */
  const follow = (verdict: JoinVerdict, { id, object, created, model }: Chunk, others: ChunkDelta): Phase => {
    if (verdict.type === 'held') return self
    if (verdict.type === 'refused') throw continuationRefused()
    attempt.onResume('continuation')
    const delta = verdict.text === '' ? others : { ...others, content: verdict.text }
    if (Object.keys(delta).length > 0) response.send(makeChunk({ id, object, created, model }, 0, delta))
    return next
  }
  const self: Phase = {
    accept(chunk) {
      // Reasoning is not sent again.
      const { content, reasoning_content: _, ...others } = chunk.choices[0]?.delta ?? {}
      if (others.refusal || others.audio) throw continuationRefused()
      const verdict: JoinVerdict = content ? check.accept(content) : { type: 'held' }
      const calls = others.tool_calls !== undefined || others.function_call !== undefined
      // No text that could decide comes behind a call.
      return follow(calls && verdict.type === 'held' ? check.end(true) : verdict, chunk, others)
    },
    end(ending) {
      const rest = follow(check.end(false), ending, {})
      if (rest !== self) rest.end(ending)
    },
  }
  return self
}
