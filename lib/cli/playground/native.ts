import type { IncomingMessage } from 'node:http'
import { EventStreamCodec } from '@smithy/eventstream-codec'

/** What emulated providers send, seen from outside: where their events end, and how they tell an error among them. */

/** A body's events as they are on the wire, whole: server-sent ones, or AWS's frames. */
export function eventsOf(body: IncomingMessage): AsyncIterable<Buffer> {
  return cut(body, isAws(body) ? frameLength : sseLength)
}

async function* cut(body: IncomingMessage, lengthOf: (bytes: Buffer) => number | undefined): AsyncGenerator<Buffer> {
  let bytes = Buffer.alloc(0)
  for await (const piece of body) {
    bytes = Buffer.concat([bytes, piece])
    for (let length = lengthOf(bytes); length !== undefined; length = lengthOf(bytes)) {
      yield bytes.subarray(0, length)
      bytes = bytes.subarray(length)
    }
  }
  if (bytes.length > 0) yield bytes
}

/** Of the first event, with the blank line that ends it. */
function sseLength(bytes: Buffer): number | undefined {
  const end = bytes.indexOf('\n\n')
  return end === -1 ? undefined : end + 2
}

/** Of the first frame, which begins with its length. */
function frameLength(bytes: Buffer): number | undefined {
  if (bytes.length < 4) return undefined
  const length = bytes.readUInt32BE(0)
  return bytes.length < length ? undefined : length
}

function isAws({ headers }: IncomingMessage): boolean {
  return headers['content-type'] === 'application/vnd.amazon.eventstream'
}

const OVERLOADED = 'We are overloaded. Please try again later.'

/** The error that a provider sends in the middle of its stream, in its own form. `path` tells which provider it is. */
export function errorEvent(path: string): string | Uint8Array {
  const message = OVERLOADED
  if (path.endsWith('/converse-stream')) return awsException('serviceUnavailableException', { message })
  if (path.includes('/messages')) return sse({ type: 'error', error: { type: 'overloaded_error', message } }, 'error')
  if (path.includes('/responses')) {
    return sse({ type: 'error', code: 'server_overloaded', message, param: null }, 'error')
  }
  if (path.includes('GenerateContent')) return sse({ error: { code: 503, message, status: 'UNAVAILABLE' } })
  if (path.endsWith('/chat')) {
    return sse({ type: 'message-end', delta: { finish_reason: 'ERROR', error: message } }, 'message-end')
  }
  return sse({ error: { message, type: 'server_error', param: null, code: 'server_overloaded' } })
}

function sse(data: unknown, event?: string): string {
  return `${event === undefined ? '' : `event: ${event}\n`}data: ${JSON.stringify(data)}\n\n`
}

const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes as Uint8Array).toString(),
  (text) => Buffer.from(text),
)

function awsException(type: string, data: unknown): Uint8Array {
  return codec.encode({
    headers: {
      ':message-type': { type: 'string', value: 'exception' },
      ':exception-type': { type: 'string', value: type },
      ':content-type': { type: 'string', value: 'application/json' },
    },
    body: Buffer.from(JSON.stringify(data)),
  })
}
