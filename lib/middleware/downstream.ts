import type { ServerResponse } from 'node:http'
import { envelope, streamFailure } from '../errors.ts'
import type { Limits } from '../options.ts'
import { collect } from '../transforms/collect.ts'
import { commentFrame, DONE, errorFrame, sseEncoder } from '../transforms/sse-encode.ts'
import type { ApiError, Chunk, ChunkDelta } from '../types.ts'
import { type Splice, transcript } from './recovery.ts'

/** The client's side of a request: one for all attempts. It is ended once, by `finish` or by `fail`. */
export interface Downstream {
  /** Whether the client has been sent any of the answer. */
  readonly committed: boolean
  /** Whether the client has been sent any of a tool call. */
  readonly callSent: boolean
  /** A new attempt writes from here on, from the first character of its answer. */
  begin(attempt: AttemptNotice): void
  /** Takes a chunk. False: wait for `onReady` before the next. */
  write(chunk: Chunk): boolean
  onReady(resume: () => void): void
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
  reason: string | undefined
  /** The provider's headers for the client, once they are known. */
  headers: () => Record<string, string>
}

export interface DownstreamOptions {
  includeUsage: boolean
  /** Whether a broken answer may be started over, so that what was sent must be remembered. */
  restart: boolean
  limits: Pick<Limits, 'maxTranscriptBytes' | 'maxAnswerBytes' | 'clientTimeout'>
}

/** How chunks are taken at one stage of the answer, and what is still to do when it ends there. */
interface Phase {
  accept(chunk: Chunk): boolean
  end(): void
}

/** Chunks without content that may wait for the first content; a stream with more is let through. */
const MAX_EARLY_CHUNKS = 1000

/** Answers with SSE. Nothing is sent before the first content, so that until then every failure stays invisible. */
export function sseDownstream(res: ServerResponse, options: DownstreamOptions): Downstream {
  let encode: ((chunk: Chunk) => string) | undefined
  let sent = transcript(options.limits.maxTranscriptBytes)
  let started = new Set<number>()
  let callSent = false
  let notice: AttemptNotice | undefined
  /** Finish reasons and usage, until the answer is whole. */
  let ending: Chunk[] = []

  const commit = (chunk: Chunk) => {
    encode = sseEncoder(chunk, options.includeUsage)
    setHeaders(res, notice?.headers())
    res.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      // `no-transform` keeps compression middleware from buffering the stream.
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    })
    return encode
  }

  const send = (chunk: Chunk): boolean => {
    const frame = encode ?? commit(chunk)
    let frames = ''
    for (const { index } of chunk.choices) {
      if (!started.has(index)) frames += frame(roleChunk(chunk, index))
      started.add(index)
    }
    if (options.restart) sent.add(chunk)
    callSent ||= chunk.choices.some(({ delta }) => delta.tool_calls !== undefined || delta.function_call !== undefined)
    return res.write(frames + frame(chunk))
  }
  const sendAll = (chunks: readonly Chunk[]): boolean => chunks.map(send).every(Boolean)

  const direct: Phase = { accept: send, end() {} }

  /** Before the first content. */
  const gate = (): Phase => {
    const early: Chunk[] = []
    return {
      accept(chunk) {
        early.push(chunk)
        if (!chunk.choices.some(({ delta }) => hasContent(delta)) && early.length < MAX_EARLY_CHUNKS) return true
        phase = direct
        return sendAll(early)
      },
      end() {
        sendAll(early)
      },
    }
  }

  /** After a break, as long as the new answer repeats what the client has. */
  const splicing = (splice: Splice): Phase => ({
    accept(chunk) {
      const verdict = splice.accept(chunk)
      if (verdict.type === 'held') return true
      phase = direct
      if (verdict.type === 'differs') announceRestart(chunk)
      return sendAll(verdict.chunks)
    },
    end() {
      // An answer that ends within what the client has is another, shorter one.
      const held = splice.held()
      const [first] = [...held, ...ending]
      if (first !== undefined) announceRestart(first)
      sendAll(held)
    },
  })

  const announceRestart = (first: Chunk) => {
    if (encode === undefined || notice === undefined) return
    const { attempt, provider, reason } = notice
    sent = transcript(options.limits.maxTranscriptBytes)
    started = new Set([0])
    res.write(commentFrame(`restart: attempt ${attempt}, ${provider}, after ${reason}`))
    res.write(encode({ ...roleChunk(first, 0), streamgate: { event: 'restart', attempt, provider, reason } }))
  }

  let phase = gate()

  return {
    get committed() {
      return encode !== undefined
    },
    get callSent() {
      return callSent
    },
    begin(next) {
      notice = next
      ending = []
      phase = encode === undefined ? gate() : splicing(sent.splice())
    },
    write(chunk) {
      if (!isEnding(chunk)) return phase.accept(chunk)
      ending.push(chunk)
      return true
    },
    onReady(resume) {
      const timer = setTimeout(() => res.destroy(), options.limits.clientTimeout)
      const settled = () => {
        clearTimeout(timer)
        res.off('drain', settled).off('close', settled)
        resume()
      }
      res.on('drain', settled).on('close', settled)
    },
    finish() {
      phase.end()
      for (const chunk of ending) {
        if (chunk.choices.length > 0 || options.includeUsage) send(chunk)
      }
      res.end(DONE)
    },
    fail(error, headers) {
      if (encode === undefined) sendError(res, error, headers)
      else res.end(errorFrame(error))
    },
  }
}

/** Answers with one JSON body, once the answer is whole: all failures before stay invisible. */
export function jsonDownstream(res: ServerResponse, options: DownstreamOptions): Downstream {
  let completion = collect()
  let size = 0
  let notice: AttemptNotice | undefined
  return {
    committed: false,
    callSent: false,
    begin(next) {
      notice = next
      completion = collect()
      size = 0
    },
    write(chunk) {
      size += JSON.stringify(chunk.choices).length
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

function setHeaders(res: ServerResponse, headers: Record<string, string> = {}): void {
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value)
}

function isEnding({ choices }: Chunk): boolean {
  return choices.length === 0 || choices.some((choice) => choice.finish_reason !== null)
}

function sendJson(res: ServerResponse, status: number, value: unknown): void {
  const body = Buffer.from(JSON.stringify(value))
  res.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'content-length': body.length })
  res.end(body)
}

function roleChunk(chunk: Chunk, index: number): Chunk {
  const delta: ChunkDelta = { role: 'assistant', content: '', refusal: null }
  const { id, object, created, model } = chunk
  return { id, object, created, model, choices: [{ index, delta, logprobs: null, finish_reason: null }] }
}

function hasContent(delta: ChunkDelta): boolean {
  return Boolean(
    delta.content ||
      delta.reasoning_content ||
      delta.refusal ||
      delta.tool_calls !== undefined ||
      delta.function_call !== undefined ||
      delta.audio !== undefined,
  )
}
