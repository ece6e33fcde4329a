import type { WireEvent } from '../types/provider.ts'

/**
 * Cuts a body into events, in whatever pieces it comes: plain functions, so that the events of a read cost no stream item
 * each. Both may throw UpstreamError, after which the cutter is of no use.
 */
export interface Cutter<In = Buffer> {
  /** Calls `each` with each event that this piece completes. */
  cut(piece: In, each: (event: WireEvent) => void): void
  /** The body ended cleanly: calls `each` with what is still due. */
  end(each: (event: WireEvent) => void): void
}
