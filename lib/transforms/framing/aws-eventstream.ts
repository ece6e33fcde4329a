import { crc32 } from 'node:zlib'
import { HeaderMarshaller } from '@smithy/eventstream-codec'
import { streamFailure } from '../../errors.ts'
import type { WireEvent } from '../../types/provider.ts'
import type { Cutter } from '../cutter.ts'

/** Total length, headers length and their checksum: four bytes each. */
const PRELUDE_BYTES = 12
const CHECKSUM_BYTES = 4

/**
 * Cuts `application/vnd.amazon.eventstream`; how exceptions look is said at WireEvent. A checksum that does not match or a
 * frame over `maxEventBytes` is `malformed`, bytes left over at the end are `truncated`.
 *
 * The codec's own `decode` computes checksums in JavaScript and reads the headers of each frame anew, which is most of what
 * such a stream costs; only its reader of headers is used, once for frames in a row that have the same ones.
 */
export function eventstreamCutter(limits: { maxEventBytes: number }): Cutter {
  const frames = frameSplitter(limits.maxEventBytes)
  const headersOf = headerReader()

  // Read in place: a view of each part would cost more than what is read of it.
  const wireEvent = (bytes: Buffer, at: number, length: number): WireEvent => {
    const end = at + length - CHECKSUM_BYTES
    if (crc32(bytes.subarray(at, end)) !== bytes.readUInt32BE(end)) throw unreadable()
    const headersAt = at + PRELUDE_BYTES
    const bodyAt = headersAt + bytes.readUInt32BE(at + 4)
    const { exception, type, message } = headersOf(bytes, headersAt, bodyAt)
    if (exception === undefined) return { event: type, data: bytes.toString('utf8', bodyAt, end) }
    const data = message === undefined ? bytes.toString('utf8', bodyAt, end) : JSON.stringify({ message })
    return { event: `exception:${exception}`, data }
  }

  return {
    cut(bytes, each) {
      frames.split(bytes, (whole, at, length) => each(wireEvent(whole, at, length)))
    },
    end() {
      if (frames.unfinished()) throw streamFailure('truncated', 'The provider broke off its stream inside a frame.')
    },
  }
}

/**
 * Finds whole frames, whatever pieces they come in, in time linear to their number. Nothing is allocated for a length that
 * exceeds `maxBytes` or whose checksum does not match.
 */
function frameSplitter(maxBytes: number): {
  /** Calls `each` with the bytes that hold a frame, where it begins in them, and its length. */
  split(bytes: Buffer, each: (bytes: Buffer, at: number, length: number) => void): void
  unfinished(): boolean
} {
  const prelude = Buffer.alloc(PRELUDE_BYTES)
  /** What is being filled from several pieces: a prelude, then its frame. */
  let partial = prelude
  let filled = 0

  return {
    split(bytes, each) {
      let at = 0
      while (at < bytes.length) {
        const left = bytes.length - at
        if (filled === 0 && left >= PRELUDE_BYTES) {
          const length = bytes.readUInt32BE(at)
          if (length <= left) {
            // The frame's own checksum covers its prelude: the prelude's would tell nothing more.
            checkSizes(bytes, at, maxBytes)
            each(bytes, at, length)
            at += length
            continue
          }
        }
        const copied = bytes.copy(partial, filled, at)
        at += copied
        filled += copied
        if (filled < partial.length) return
        if (partial === prelude) {
          if (crc32(prelude.subarray(0, 8)) !== prelude.readUInt32BE(8)) throw unreadable()
          checkSizes(prelude, 0, maxBytes)
          partial = Buffer.alloc(prelude.readUInt32BE(0))
          prelude.copy(partial)
        } else {
          each(partial, 0, partial.length)
          partial = prelude
          filled = 0
        }
      }
    },
    unfinished: () => filled > 0,
  }
}

/** Throws for a prelude, which begins at `at`, whose lengths cannot be. */
function checkSizes(bytes: Buffer, at: number, maxBytes: number): void {
  const total = bytes.readUInt32BE(at)
  const headers = bytes.readUInt32BE(at + 4)
  if (headers > total - PRELUDE_BYTES - CHECKSUM_BYTES) throw unreadable()
  if (total > maxBytes)
    throw streamFailure('malformed', `An event of the provider exceeds maxEventBytes (${maxBytes}).`)
}

/** What a frame's headers tell, as far as it counts. */
interface FrameHeaders {
  type: string | undefined
  exception: string | undefined
  message: string | undefined
}

const marshaller = new HeaderMarshaller(text, (value) => Buffer.from(value))

/** Reads the headers between two places; of frames in a row that have the same ones, once. */
function headerReader(): (bytes: Buffer, from: number, to: number) => FrameHeaders {
  let known: Buffer = Buffer.alloc(0)
  let told: FrameHeaders | undefined
  return (bytes, from, to) => {
    if (told !== undefined && bytes.compare(known, 0, known.length, from, to) === 0) return told
    // Memory of their own: the marshaller does not keep a header's length inside the view that it is given.
    known = Buffer.from(new Uint8Array(bytes.subarray(from, to)).buffer)
    told = readHeaders(known)
    return told
  }
}

function readHeaders(bytes: Buffer): FrameHeaders {
  try {
    const headers = marshaller.parse(new DataView(bytes.buffer, bytes.byteOffset, bytes.length))
    const header = (name: string) => {
      const value = headers[name]
      return value?.type === 'string' ? value.value : undefined
    }
    return {
      type: header(':event-type'),
      exception: header(':exception-type') ?? header(':error-code'),
      message: header(':error-message'),
    }
  } catch (cause) {
    throw unreadable(cause)
  }
}

function unreadable(cause?: unknown) {
  return streamFailure('malformed', 'The provider sent bytes that are not an AWS event stream.', cause)
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()
}
