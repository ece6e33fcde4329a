import type { ServerResponse } from 'node:http'
import { envelope } from '../../errors.ts'
import type { ApiError } from '../../types/provider.ts'

/** Answers with OpenAI's error envelope. */
export function sendError(res: ServerResponse, error: ApiError, headers?: Record<string, string>): void {
  setHeaders(res, headers)
  sendJson(res, error.status, envelope(error))
}

export function sendJson(res: ServerResponse, status: number, value: unknown): void {
  const body = Buffer.from(JSON.stringify(value))
  res.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'content-length': body.length })
  res.end(body)
}

export function setHeaders(res: ServerResponse, headers: Record<string, string> = {}): void {
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value)
}
