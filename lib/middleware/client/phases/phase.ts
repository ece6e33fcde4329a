import type { Chunk } from '../../../types/chunk.ts'

/** One step of an answer on its way to the client: it sends chunks, holds them, or leaves them out. */
export interface Phase {
  /**
   * Takes a chunk without a finish reason; returns the phase that takes the next one. Throws UpstreamError if the attempt is of
   * no use.
   */
  accept(chunk: Chunk): Phase
  /** The content is complete: sends what is held. `ending` has the first finish reason, or usage. */
  end(ending: Chunk): void
  /** The attempt failed, or the client left: nothing that is held may go out any more. */
  abandon?(): void
}
