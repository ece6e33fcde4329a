import type { ServerResponse } from 'node:http'
import { plainText } from '../../chunk.ts'
import type { ResolvedRequestSettings } from '../../config.ts'
import { collect } from '../../dialects/chat-completions/completion.ts'
import { envelope, streamFailure } from '../../errors.ts'
import type { Limits, Resumed } from '../../options.ts'
import type { Chunk } from '../../types/chunk.ts'
import type { ApiError } from '../../types/provider.ts'
import type { Resume } from '../recovery/ways-to-continue.ts'

/** What an attempt writes its chunks to. */
export interface Sink {
  /** A new attempt writes from here on. */
  begin(attempt: AttemptNotice): void
  /** False: wait for `onReady` before the next. Throws UpstreamError if the attempt is of no use. */
  write(chunk: Chunk): boolean
  onReady(resume: () => void): void
}

/** The client's side of a request: one for all attempts. It is ended once, by `finish` or by `fail`. */
export interface Downstream extends Sink {
  /** Whether the client has been sent any of the answer. */
  committed(): boolean
  /** Whether the client has been sent any of a tool call. */
  callSent(): boolean
  /** The content that the client has, if it can be continued (see Transcript.text). */
  textSent(): string | undefined
  /** The answer is whole: the one place from which a finish reason and `[DONE]` go out. */
  finish(): void
  /** All is lost. */
  fail(error: ApiError, headers: Record<string, string>): void
}

export interface AttemptNotice {
  /** 1 for the first. */
  attempt: number
  provider: string
  /** Why the attempt before failed. */
  after: string | undefined
  /** How it goes on with what the client has. */
  resume: Resume
  /** The headers for the client: the provider's, once they are known, and ours about the attempt. */
  headers: () => Record<string, string>
  /** Called once, at most: how the client gets this answer when it has a part of a broken one. */
  onResume: (how: Resumed) => void
}

export interface DownstreamOptions {
  includeUsage: boolean
  /** Whether a broken answer may be gone on with, so that what was sent must be remembered. */
  recover: boolean
  settings: Pick<ResolvedRequestSettings, 'commitAfter' | 'keepAlive' | 'keepAliveBeforeCommit' | 'coalesce'>
  limits: Pick<Limits, 'maxTranscriptBytes' | 'maxAnswerBytes' | 'clientTimeout'>
}

/** Answers with one JSON body, once the answer is whole: all failures before stay invisible. */
export function jsonDownstream(res: ServerResponse, options: DownstreamOptions): Downstream {
  let completion = collect()
  let size = 0
  let notice: AttemptNotice | undefined
  return {
    committed: () => false,
    callSent: () => false,
    textSent: () => undefined,
    begin(next) {
      notice = next
      completion = collect()
      size = 0
    },
    write(chunk) {
      size += plainText(chunk)?.length ?? JSON.stringify(chunk.choices).length
      if (size > options.limits.maxAnswerBytes) {
        throw streamFailure('malformed', `The answer exceeds maxAnswerBytes (${options.limits.maxAnswerBytes}).`)
      }
      completion.add(chunk)
      return true
    },
    onReady(resume) {
      resume()
    },
    finish() {
      setHeaders(res, notice?.headers())
      sendJson(res, 200, completion.result())
    },
    fail(error, headers) {
      sendError(res, error, headers)
    },
  }
}

/** Answers with OpenAI's error envelope. */
export function sendError(res: ServerResponse, error: ApiError, headers?: Record<string, string>): void {
  setHeaders(res, headers)
  sendJson(res, error.status, envelope(error))
}

export function setHeaders(res: ServerResponse, headers: Record<string, string> = {}): void {
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value)
}

function sendJson(res: ServerResponse, status: number, value: unknown): void {
  const body = Buffer.from(JSON.stringify(value))
  res.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'content-length': body.length })
  res.end(body)
}
