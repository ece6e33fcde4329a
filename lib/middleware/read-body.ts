import type { IncomingMessage } from 'node:http'
import { RequestError } from '../errors.ts'

/**
 * The request's body as JSON: what an earlier body parser left, else read here, at most `maxBytes`. Throws RequestError; a
 * client that leaves meanwhile rejects with the connection's error.
 */
export async function readBody(req: IncomingMessage & { body?: unknown }, maxBytes: number): Promise<unknown> {
  if (req.readableEnded || req.readableDidRead) return parsedBody(req.body)
  const coding = req.headers['content-encoding']?.trim().toLowerCase() ?? ''
  if (coding !== '' && coding !== 'identity') {
    throw new RequestError(`The request body is encoded as '${coding}'; send it plain.`, { status: 415 })
  }
  const pieces: Buffer[] = []
  let size = 0
  // Without this the iterator would destroy the request and take its socket from those who log.
  for await (const piece of req.iterator({ destroyOnReturn: false })) {
    size += (piece as Buffer).length
    if (size > maxBytes) throw tooLarge(maxBytes)
    pieces.push(piece as Buffer)
  }
  return parseText(Buffer.concat(pieces).toString())
}

function parsedBody(body: unknown): unknown {
  if (typeof body === 'string' || Buffer.isBuffer(body)) return parseText(body.toString())
  if (body !== undefined) return body
  throw new RequestError('The request body was read by something before streamgate, which left no req.body.')
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new RequestError('We could not parse the JSON body of your request.')
  }
}

function tooLarge(maxBytes: number): RequestError {
  return new RequestError(`The request body is larger than ${maxBytes} bytes.`, {
    status: 413,
    code: 'request_too_large',
  })
}
