import type { AttemptStart } from '../../../options.ts'
import type { Chunk, ChunkChoice } from '../../../types/chunk.ts'
import { observe } from '../../observe.ts'
import type { RequestContext } from '../../request-context.ts'

/** Passes an attempt's chunks on to the hook and the logger; undefined if neither is there. */
export function chunkObserver(
  { options, logChunks }: RequestContext,
  start: AttemptStart,
): ((chunk: Chunk) => void) | undefined {
  const { onChunk, logger } = options
  const log = logChunks && logger?.info !== undefined
  if (onChunk === undefined && !log) return undefined
  return (chunk) => {
    if (onChunk !== undefined) observe(options, () => options.onChunk?.(chunk, start))
    if (log) logger.info?.({ ...start, chunk: outline(chunk) }, 'chunk')
  }
}

/** The part of a chunk that may stand in a log: of its texts, only their lengths. */
export function outline({ choices, usage }: Chunk): Record<string, unknown> {
  return { choices: choices.map(outlineOf), ...(usage && { usage }) }
}

function outlineOf({ index, delta, finish_reason }: ChunkChoice): Record<string, unknown> {
  const { content, reasoning_content, refusal, tool_calls } = delta
  return {
    index,
    ...(content && { content: content.length }),
    ...(reasoning_content && { reasoning_content: reasoning_content.length }),
    ...(refusal && { refusal: refusal.length }),
    ...(tool_calls && {
      tool_calls: tool_calls.map(({ index: at, function: called }) => ({ index: at, name: called?.name })),
    }),
    ...(finish_reason !== null && { finish_reason }),
  }
}
