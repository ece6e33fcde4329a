import type { IncomingMessage } from 'node:http'
import { RequestError } from '../../errors.ts'

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
  return parseText((await readAll(req, maxBytes)).toString())
}

function readAll(req: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = []
    let size = 0
    const onData = (piece: Buffer) => {
      size += piece.length
      pieces.push(piece)
      if (size > maxBytes) done(tooLarge(maxBytes))
    }
    const onEnd = () => done()
    const onClose = () => done(Object.assign(new Error('the client left'), { code: 'ECONNRESET' }))
    const done = (error?: Error) => {
      req.off('data', onData).off('end', onEnd).off('error', done).off('close', onClose)
      if (error === undefined) return resolve(pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces))
      req.pause()
      reject(error)
    }
    req.on('data', onData).on('end', onEnd).on('error', done).on('close', onClose)
  })
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
