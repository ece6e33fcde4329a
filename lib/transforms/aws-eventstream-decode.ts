import { crc32 } from 'node:zlib'
import { HeaderMarshaller } from '@smithy/eventstream-codec'
import { streamFailure } from '../errors.ts'
import type { WireEvent } from '../types.ts'
import type { Cutter } from './cutter.ts'

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

  const wireEvent = (frame: Buffer): WireEvent => {
    const end = frame.length - CHECKSUM_BYTES
    if (crc32(frame.subarray(0, end)) !== frame.readUInt32BE(end)) throw unreadable()
    const bodyAt = PRELUDE_BYTES + frame.readUInt32BE(4)
    const { exception, type, message } = headersOf(frame.subarray(PRELUDE_BYTES, bodyAt))
    const body = () => frame.toString('utf8', bodyAt, end)
    if (exception === undefined) return { event: type, data: body() }
    return { event: `exception:${exception}`, data: message === undefined ? body() : JSON.stringify({ message }) }
  }

  return {
    cut(bytes, each) {
      frames.split(bytes, (frame) => each(wireEvent(frame)))
    },
    end() {
      if (frames.unfinished()) throw streamFailure('truncated', 'The provider broke off its stream inside a frame.')
    },
  }
}

/**
 * Cuts bytes into whole frames, whatever pieces they come in, in time linear to their number. Nothing is allocated for a
 * length that exceeds `maxBytes` or whose checksum does not match.
 */
function frameSplitter(maxBytes: number): {
  split(bytes: Buffer, each: (frame: Buffer) => void): void
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
          const length = frameBytes(bytes.subarray(at, at + PRELUDE_BYTES), maxBytes)
          if (length <= left) {
            each(bytes.subarray(at, at + length))
            at += length
            continue
          }
        }
        const copied = bytes.copy(partial, filled, at)
        at += copied
        filled += copied
        if (filled < partial.length) return
        if (partial === prelude) {
          partial = Buffer.alloc(frameBytes(prelude, maxBytes))
          prelude.copy(partial)
        } else {
          each(partial)
          partial = prelude
          filled = 0
        }
      }
    },
    unfinished: () => filled > 0,
  }
}

function frameBytes(prelude: Buffer, maxBytes: number): number {
  const total = prelude.readUInt32BE(0)
  const headers = prelude.readUInt32BE(4)
  const sound = crc32(prelude.subarray(0, 8)) === prelude.readUInt32BE(8)
  if (!sound || headers > total - PRELUDE_BYTES - CHECKSUM_BYTES) throw unreadable()
  if (total > maxBytes)
    throw streamFailure('malformed', `An event of the provider exceeds maxEventBytes (${maxBytes}).`)
  return total
}

/** What a frame's headers tell, as far as it counts. */
interface Told {
  type: string | undefined
  exception: string | undefined
  message: string | undefined
}

const marshaller = new HeaderMarshaller(text, (value) => Buffer.from(value))

/** Reads headers; of frames in a row that have the same ones, once. */
function headerReader(): (bytes: Buffer) => Told {
  let known: Buffer | undefined
  let told: Told | undefined
  return (bytes) => {
    if (told !== undefined && known?.equals(bytes)) return told
    // Memory of their own: the marshaller does not keep a header's length inside the view that it is given.
    known = Buffer.from(new Uint8Array(bytes).buffer)
    told = readHeaders(known)
    return told
  }
}

function readHeaders(bytes: Buffer): Told {
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
