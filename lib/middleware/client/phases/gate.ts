import type { ResolvedRequestSettings } from '../../../config.ts'
import type { Chunk } from '../../../types/chunk.ts'
import { heldChunks } from '../held-chunks.ts'
import type { SseResponse } from '../sse-response.ts'
import type { Phase } from './phase.ts'

type CommitBounds = NonNullable<ResolvedRequestSettings['commitAfter']>

/**
 * Holds the chunks before the first content, and beyond it up to the first bound of `commit_after`, so that a failure stays
 * invisible. A stream of too many chunks without content is let through.
 */
export function gatePhase(response: SseResponse, commitAfter: CommitBounds | undefined, next: Phase): Phase {
  const held = heldChunks()
  const release = () => {
    bounds.stop()
    for (const chunk of held.take()) response.send(chunk)
  }
  const bounds = commitBounds(commitAfter, release)
  const self: Phase = {
    accept(chunk) {
      const hasRoom = held.add(chunk)
      if (hasRoom && !bounds.reachedWith(chunk)) return self
      release()
      return next
    },
    end: release,
    abandon: bounds.stop,
  }
  return self
}

/** Counts from the first content on. When the time is up `onTime` is called. */
function commitBounds(bounds: CommitBounds | undefined, onTime: () => void) {
  const { chunks: mostChunks = Infinity, bytes: mostBytes = Infinity, ms }: CommitBounds = bounds ?? { chunks: 1 }
  let chunks = 0
  let bytes = 0
  let isTimeUp = false
  let timer: NodeJS.Timeout | undefined
  return {
    reachedWith(chunk: Chunk): boolean {
      if (chunks === 0 && !hasContent(chunk)) return false
      chunks += 1
      bytes += JSON.stringify(chunk.choices).length
      if (ms !== undefined) {
        timer ??= setTimeout(() => {
          isTimeUp = true
          onTime()
        }, ms)
      }
      return isTimeUp || chunks >= mostChunks || bytes >= mostBytes
    },
    stop() {
      clearTimeout(timer)
    },
  }
}

/**
 * Content, as a chunk has it: `contentSize` of transforms/chunk-assembler.ts measures the same in a decoder's pieces. A role alone
 * begins an answer whose first call is held there; the chunk with the finish reason never comes here.
 */
function hasContent({ choices }: Chunk): boolean {
  return choices.some(({ delta }) =>
    Boolean(
      delta.role ||
        delta.content ||
        delta.reasoning_content ||
        delta.refusal ||
        delta.tool_calls !== undefined ||
        delta.function_call !== undefined ||
        delta.audio !== undefined,
    ),
  )
}
