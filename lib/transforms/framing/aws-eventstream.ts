import type { Transform } from 'node:stream'
import zlib from 'node:zlib'
import { HeaderMarshaller } from '@smithy/eventstream-codec'
import type { WireEvent } from '../../types/provider.ts'
import { throughEvents } from '../through.ts'
import { awsFrames, CHECKSUM_BYTES, PRELUDE_BYTES, unreadableFrame } from './grammar/aws-frames.ts'

/**
 * Bytes of `application/vnd.amazon.eventstream` in, events out; WireEvent says how exceptions look. A checksum that does not
 * match or a frame over `maxEventBytes` is `malformed`, bytes left over at the end are `truncated`.
 *
 * Of the codec, its reader of headers is used, once for frames in a row that have the same ones. Its `decode` computes
 * checksums in JavaScript and reads the headers of each frame anew: 5.4 µs a frame in place of 0.9, more than all the rest of
 * a burst. See docs/decisions/0015-the-pipe-is-node-streams.md.
 */
export function awsEventstream(limits: { maxEventBytes: number }): Transform {
  const frames = awsFrames(limits.maxEventBytes)
  const headersOf = headerReader()

  const eventOf = (frame: Buffer): WireEvent => {
    const end = frame.length - CHECKSUM_BYTES
    if (zlib.crc32(frame.subarray(0, end)) !== frame.readUInt32BE(end)) throw unreadableFrame()
    const bodyAt = PRELUDE_BYTES + frame.readUInt32BE(4)
    const { exception, type, message } = headersOf(frame, PRELUDE_BYTES, bodyAt)
    if (exception === undefined) return { event: type, data: frame.toString('utf8', bodyAt, end) }
    const data = message === undefined ? frame.toString('utf8', bodyAt, end) : JSON.stringify({ message })
    return { event: `exception:${exception}`, data }
  }
  return throughEvents<WireEvent>(
    (bytes, push) => {
      frames.cut(bytes, (frame) => push(eventOf(frame)))
    },
    () => frames.end(),
  )
}

/** The headers of a frame, as far as they count. */
interface FrameHeaders {
  type: string | undefined
  exception: string | undefined
  message: string | undefined
}

const marshaller = new HeaderMarshaller(
  (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(),
  (value) => Buffer.from(value),
)

/** Reads the headers between two places; of frames in a row that have the same ones, once. */
function headerReader(): (frame: Buffer, from: number, to: number) => FrameHeaders {
  let known: Buffer = Buffer.alloc(0)
  let headers: FrameHeaders | undefined
  return (frame, from, to) => {
    if (headers !== undefined && frame.compare(known, 0, known.length, from, to) === 0) return headers
    // Memory of their own: the marshaller does not keep a header's length inside the view that it is given.
    known = Buffer.from(new Uint8Array(frame.subarray(from, to)).buffer)
    headers = readHeaders(known)
    return headers
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
    throw unreadableFrame(cause)
  }
}
