import type { Transform } from 'node:stream'
import { crc32 } from 'node:zlib'
import { EventStreamCodec } from '@smithy/eventstream-codec'
import { streamFailure } from '../errors.ts'
import type { WireEvent } from '../types.ts'
import { throughFrames } from './through.ts'

/** Total length, headers length and their checksum: four bytes each. */
const PRELUDE_BYTES = 12

/** A frame without headers and payload: the prelude and the checksum at the end. */
const MIN_FRAME_BYTES = PRELUDE_BYTES + 4

const codec = new EventStreamCodec(text, (value) => Buffer.from(value))

/**
 * Bytes of `application/vnd.amazon.eventstream` in, events out; how exceptions look is said at WireEvent. A checksum that
 * does not match or a frame over `maxEventBytes` is `malformed`, bytes left over at the end are `truncated`.
 */
export function awsEventstreamDecode(limits: { maxEventBytes: number }): Transform {
  const frames = frameSplitter(limits.maxEventBytes)
  return throughFrames<WireEvent>(
    (bytes, push) => {
      for (const frame of frames.split(bytes)) push(wireEvent(frame))
    },
    () => {
      if (frames.unfinished()) throw streamFailure('truncated', 'The provider broke off its stream inside a frame.')
    },
  )
}

/**
 * Cuts bytes into whole frames, whatever pieces they come in, in time linear to their number. Nothing is allocated for a
 * length that exceeds `maxBytes` or whose checksum does not match.
 */
function frameSplitter(maxBytes: number): { split(bytes: Buffer): Iterable<Buffer>; unfinished(): boolean } {
  const prelude = Buffer.alloc(PRELUDE_BYTES)
  let frame = prelude
  let filled = 0

  return {
    *split(bytes) {
      let at = 0
      while (at < bytes.length) {
        const copied = bytes.copy(frame, filled, at)
        at += copied
        filled += copied
        if (filled < frame.length) return
        if (frame === prelude) {
          // Memory of its own, not of Node's pool: the codec does not keep a header's length inside the frame.
          frame = Buffer.alloc(frameBytes(prelude, maxBytes))
          prelude.copy(frame)
        } else {
          yield frame
          frame = prelude
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
  if (crc32(prelude.subarray(0, 8)) !== prelude.readUInt32BE(8) || headers > total - MIN_FRAME_BYTES) throw unreadable()
  if (total > maxBytes)
    throw streamFailure('malformed', `An event of the provider exceeds maxEventBytes (${maxBytes}).`)
  return total
}

function wireEvent(frame: Buffer): WireEvent {
  const { headers, body } = decode(frame)
  const header = (name: string) => {
    const value = headers[name]
    return value?.type === 'string' ? value.value : undefined
  }
  const exception = header(':exception-type') ?? header(':error-code')
  if (exception === undefined) return { event: header(':event-type'), data: text(body) }
  const message = header(':error-message')
  return { event: `exception:${exception}`, data: message === undefined ? text(body) : JSON.stringify({ message }) }
}

function decode(frame: Buffer): ReturnType<EventStreamCodec['decode']> {
  try {
    return codec.decode(frame)
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
