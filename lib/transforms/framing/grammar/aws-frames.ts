import zlib from 'node:zlib'
import { streamFailure, type UpstreamError } from '../../../errors.ts'
import { eventTooLong } from '../event-too-long.ts'

/** Total length, headers length and their checksum: four bytes each. */
export const PRELUDE_BYTES = 12
export const CHECKSUM_BYTES = 4

/** Finds the frames of an AWS event stream, whatever pieces they come in, in time linear to their number. */
export interface AwsFrames {
  /** Gives the frames that these bytes complete: views of them, or copies of those that came in pieces. */
  cut(bytes: Buffer, onFrame: (frame: Buffer) => void): void
  /** Throws `truncated` if a frame is unfinished. */
  end(): void
}

/** Nothing is allocated for a length that exceeds `maxBytes` or whose checksum does not match. */
export function awsFrames(maxBytes: number): AwsFrames {
  const prelude = Buffer.alloc(PRELUDE_BYTES)
  /** What is being filled from several pieces: a prelude, then its frame. */
  let partial = prelude
  let filled = 0

  return {
    cut(bytes, onFrame) {
      let at = 0
      while (at < bytes.length) {
        const left = bytes.length - at
        if (filled === 0 && left >= PRELUDE_BYTES) {
          const length = bytes.readUInt32BE(at)
          if (length <= left) {
            // The checksum of a whole frame covers its prelude.
            checkSizes(bytes, at, maxBytes)
            onFrame(bytes.subarray(at, at + length))
            at += length
            continue
          }
        }
        const copied = bytes.copy(partial, filled, at)
        at += copied
        filled += copied
        if (filled < partial.length) return
        if (partial === prelude) {
          if (zlib.crc32(prelude.subarray(0, 8)) !== prelude.readUInt32BE(8)) throw unreadableFrame()
          checkSizes(prelude, 0, maxBytes)
          partial = Buffer.alloc(prelude.readUInt32BE(0))
          prelude.copy(partial)
        } else {
          onFrame(partial)
          partial = prelude
          filled = 0
        }
      }
    },
    end() {
      if (filled > 0) throw streamFailure('truncated', 'The provider broke off its stream inside a frame.')
    },
  }
}

/** Throws for a prelude, which begins at `at`, whose lengths cannot be. */
function checkSizes(bytes: Buffer, at: number, maxBytes: number): void {
  const total = bytes.readUInt32BE(at)
  const headers = bytes.readUInt32BE(at + 4)
  if (headers > total - PRELUDE_BYTES - CHECKSUM_BYTES) throw unreadableFrame()
  if (total > maxBytes) throw eventTooLong(maxBytes)
}

export function unreadableFrame(cause?: unknown): UpstreamError {
  return streamFailure('malformed', 'The provider sent bytes that are not an AWS event stream.', cause)
}
