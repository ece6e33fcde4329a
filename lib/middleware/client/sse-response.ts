import type { ServerResponse } from 'node:http'
import { makeChunk } from '../../chunk.ts'
import { commentFrame, type SseEncoder, sseEncoder } from '../../dialects/chat-completions/sse-encoder.ts'
import type { Chunk } from '../../types/chunk.ts'
import { type Transcript, transcript } from '../recovery/transcript.ts'
import { coalescer } from './coalesce.ts'
import type { AttemptInfo, DownstreamOptions } from './downstream.ts'
import { setHeaders } from './send.ts'
import { useResponse } from './use-response.ts'
import { writeBatcher } from './write-batcher.ts'

/** One SSE response: all that its client has been sent, by which attempts, and how it is sent more. The phases write to it. */
export interface SseResponse {
  /** A new attempt answers from here on. After a break the client gets only what it does not have. */
  begin(attempt: AttemptInfo): void
  /** Whether any of the answer has been sent. */
  committed(): boolean
  /** Whether any of a tool call has been sent. */
  callSent(): boolean
  /** The current answer, as far as it has been sent. */
  transcript(): Transcript
  /** The first chunk sends the head, the first of a choice its role. */
  send(chunk: Chunk): void
  /** Announces that the answer begins anew. `first` is a chunk of the new answer. */
  restart(attempt: AttemptInfo, first: Chunk): void
  /** Sends a comment, if the head is sent; `withHead` sends the head for it. */
  comment(text: string, withHead: boolean): void
  hasRoom(): boolean
  /** Ends the response behind all that was sent, in this frame. */
  end(frame: string): void
}

export function sseResponse(res: ServerResponse, options: DownstreamOptions, onWrite: () => void): SseResponse {
  const { includeUsage, recover, limits, settings, logger } = options
  const out = writeBatcher(res, { logger, onWrite })
  let headers = (): Record<string, string> => ({})
  let encoder: SseEncoder | undefined
  let sent = transcript(limits.maxTranscriptBytes)
  /** The choices whose role was sent. */
  let roles: number[] = []
  let callSent = false
  /** Filters a chunk down to what the client has not received; set only after a mid-stream break. */
  let unsent: ((chunk: Chunk) => Chunk | undefined) | undefined

  const encode = (chunk: Chunk): string => {
    encoder ??= sseEncoder(chunk, includeUsage)
    return encoder.chunk(chunk)
  }
  /** Behind the transcript: small texts that wait here count as sent, and do go out. */
  const small = settings.coalesce && coalescer(settings.coalesce, (chunk) => out.write(encode(chunk)))
  if (small !== undefined) res.once('close', small.stop)

  const write = (frames: string) => {
    small?.flush()
    out.write(frames)
  }

  const openHead = (own?: Record<string, string>) => {
    useResponse(res, logger, () => {
      setHeaders(res, own)
      res.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        // `no-transform` keeps compression middleware from buffering the stream.
        'cache-control': 'no-cache, no-transform',
        'x-accel-buffering': 'no',
      })
    })
  }

  return {
    committed: () => encoder !== undefined,
    callSent: () => callSent,
    transcript: () => sent,
    hasRoom: out.hasRoom,
    begin(attempt) {
      headers = attempt.headers
      if (encoder !== undefined) unsent = sent.withoutKnown
    },
    send(whole) {
      const chunk = unsent === undefined ? whole : unsent(whole)
      if (chunk === undefined) return
      if (!res.headersSent) openHead(headers())
      for (const { index, delta } of chunk.choices) {
        if (delta.tool_calls !== undefined || delta.function_call !== undefined) callSent = true
        if (roles.includes(index)) continue
        write(encode(roleChunk(chunk, index)))
        roles.push(index)
      }
      if (isRole(chunk)) return
      if (recover) sent.add(chunk)
      if (small === undefined) out.write(encode(chunk))
      else small.add(chunk)
    },
    restart({ attempt, provider, after: reason }, first) {
      unsent = undefined
      sent = transcript(limits.maxTranscriptBytes)
      roles = [0]
      write(commentFrame(`restart: attempt ${attempt}, ${provider}, after ${reason}`))
      write(encode({ ...roleChunk(first, 0), streamgate: { event: 'restart', attempt, provider, reason } }))
    },
    comment(text, withHead) {
      // Who will answer is not known yet.
      if (withHead && !res.headersSent) openHead()
      if (res.headersSent) out.write(commentFrame(text))
    },
    end(frame) {
      small?.flush()
      out.end(frame)
    },
  }
}

/** Whether a chunk says that its choice begins, and nothing else. */
function isRole({ choices }: Chunk): boolean {
  return (
    choices.length > 0 &&
    choices.every(
      ({ delta, finish_reason }) =>
        delta.role !== undefined && finish_reason === null && Object.keys(delta).length === 1,
    )
  )
}

function roleChunk({ id, object, created, model }: Chunk, index: number): Chunk {
  return makeChunk({ id, object, created, model }, index, { role: 'assistant', content: '', refusal: null })
}
