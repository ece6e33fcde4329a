import type { IncomingMessage } from 'node:http'
import { StringDecoder } from 'node:string_decoder'
import { RequestError } from '../../errors.ts'
import { checkStructure, type JsonStructure, jsonStructure, type StructureLimits } from './json-structure.ts'

export interface BodyLimits extends StructureLimits {
  maxRequestBytes: number
}

export interface Body {
  /** What the JSON says. */
  value: unknown
  /** Undefined if a parser before streamgate has read them. */
  bytes: number | undefined
}

/**
 * The request's body as JSON: what an earlier body parser left, else read here, within the limits. Throws RequestError; a
 * client that leaves meanwhile rejects with the connection's error.
 */
export async function readBody(req: IncomingMessage & { body?: unknown }, limits: BodyLimits): Promise<Body> {
  if (req.readableEnded || req.readableDidRead) return { value: parsedBody(req.body, limits), bytes: undefined }
  const coding = req.headers['content-encoding']?.trim().toLowerCase() ?? ''
  if (coding !== '' && coding !== 'identity') {
    throw new RequestError(`The request body is encoded as '${coding}'; send it plain.`, { status: 415 })
  }
  const text = jsonText(limits)
  const bytes = await readAll(req, limits.maxRequestBytes, text.add)
  return { value: text.value(), bytes }
}

/** Resolves with the number of bytes. */
function readAll(req: IncomingMessage, maxBytes: number, take: (piece: Buffer) => void): Promise<number> {
  return new Promise((resolve, reject) => {
    let size = 0
    const onData = (piece: Buffer) => {
      size += piece.length
      if (size > maxBytes) done(tooLarge(maxBytes))
      else take(piece)
    }
    const onEnd = () => done()
    const onClose = () => done(Object.assign(new Error('the client left'), { code: 'ECONNRESET' }))
    const done = (error?: Error) => {
      req.off('data', onData).off('end', onEnd).off('error', done).off('close', onClose)
      if (error === undefined) return resolve(size)
      req.pause()
      reject(error)
    }
    req.on('data', onData).on('end', onEnd).on('error', done).on('close', onClose)
  })
}

function parsedBody(body: unknown, limits: StructureLimits): unknown {
  if (typeof body === 'string' || Buffer.isBuffer(body)) {
    const text = jsonText(limits)
    text.add(Buffer.from(body))
    return text.value()
  }
  if (body !== undefined) {
    checkStructure(body, limits)
    return body
  }
  throw new RequestError('The request body was read by something before streamgate, which left no req.body.')
}

interface JsonText {
  add(piece: Buffer): void
  /** What the text says. Throws RequestError, also for what was found in it before its end. */
  value(): unknown
}

/**
 * A body as it comes: what is text already is not kept as bytes, too. The structure of a short one is checked when it is parsed,
 * which costs less than to look at each byte; that of a long one before.
 */
function jsonText(limits: StructureLimits): JsonText {
  let structure: JsonStructure | undefined
  let size = 0
  const decoder = new StringDecoder()
  let loose: Buffer[] = []
  let text = ''
  let failure: unknown

  const decode = () => {
    const piece = loose.length === 1 ? (loose[0] as Buffer) : Buffer.concat(loose)
    loose = []
    if (failure !== undefined) return
    try {
      size += piece.length
      structure?.add(piece)
      text += decoder.write(piece)
      if (structure === undefined && size > LONG_TEXT) {
        structure = jsonStructure(limits)
        structure.add(Buffer.from(text))
      }
    } catch (error) {
      // The client hears of it when it has sent all: before that it need not listen.
      failure = error
      text = ''
    }
  }

  return {
    add(piece) {
      loose.push(piece)
      // Each byte may be a piece of its own, and a piece takes far more than a byte, also as text.
      if (piece.length >= LARGE_PIECE || loose.length >= LOOSE_PIECES) decode()
    },
    value() {
      decode()
      if (failure !== undefined) throw failure
      const value = parsed(text + decoder.end())
      if (structure === undefined) checkStructure(value, limits)
      return value
    },
  }
}

/** In bytes: what a shorter text holds can be parsed, whatever it is. */
const LONG_TEXT = 256 * 1024
const LARGE_PIECE = 16 * 1024
const LOOSE_PIECES = 256

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
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
