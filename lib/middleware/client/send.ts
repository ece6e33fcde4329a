import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Failure } from '../../dialects/dialect.ts'
import { errorWordsFor } from '../../dialects/index.ts'
import { envelope } from '../../errors.ts'
import type { ApiError } from '../../types/provider.ts'

/** Answers with OpenAI's error envelope. */
export function sendError(res: ServerResponse, error: ApiError): void {
  sendJson(res, error.status, envelope(error))
}

/**
 * Answers a request that no dialect has read, in the words of the one that its path belongs to. `status`: that of the answer, where
 * it must not be the dialect's own.
 */
export function refuse(
  req: IncomingMessage,
  res: ServerResponse,
  error: ApiError,
  { requestId = randomUUID(), status }: { requestId?: string; status?: number } = {},
): void {
  const words = errorWordsFor(req.url ?? '', req.headers)
  const failure = words.failure(error, requestId)
  sendFailure(res, status === undefined ? failure : { ...failure, status }, words.headers?.(requestId))
}

/** Answers with an error in a dialect's words. */
export function sendFailure(res: ServerResponse, { status, body }: Failure, headers?: Record<string, string>): void {
  setHeaders(res, headers)
  sendJson(res, status, body)
}

export function sendJson(res: ServerResponse, status: number, value: unknown): void {
  sendJsonText(res, status, JSON.stringify(value))
}

/** The same of a value that is JSON already. */
export function sendJsonText(res: ServerResponse, status: number, text: string): void {
  const body = Buffer.from(text)
  res.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'content-length': body.length })
  res.end(body)
}

export function setHeaders(res: ServerResponse, headers: Record<string, string> = {}): void {
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value)
}
