import type { ServerResponse } from 'node:http'
import { commentFrame } from '../../dialects/comment-frame.ts'
import { UpstreamError } from '../../errors.ts'
import type { Chunk } from '../../types/chunk.ts'
import type { ApiError } from '../../types/provider.ts'
import { type Transcript, transcript } from '../recovery/transcript.ts'
import { coalescer } from './coalesce.ts'
import type { AttemptInfo, DownstreamOptions } from './downstream.ts'
import { withMovedAnnotations } from './moved-annotations.ts'
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
  /** What follows is the rest of the answer: its text stands so many characters further back for the client than for the attempt. */
  continueBehind(characters: number): void
  /** The first chunk sends the head. A call waits for the end where the client would run it at once. */
  send(chunk: Chunk): void
  /** Announces that the answer begins anew. `first` is a chunk of the new answer. */
  restart(attempt: AttemptInfo, first: Chunk): void
  /** Sends a sign of life, if the head is sent; `withHead` sends the head for it. */
  keepAlive(withHead: boolean): void
  hasRoom(): boolean
  /**
   * Writes the end of a whole answer, which `finish` sends. Returns why that cannot be: of the provider's own events some wait for
   * the end, and only there show that they have no place behind what was sent.
   */
  close(ending: readonly Chunk[]): UpstreamError | undefined
  /** Ends the response behind all that was sent, with the end that `close` wrote. */
  finish(): void
  /** Ends the response behind all that was sent, with the error. */
  fail(error: ApiError): void
}

export function sseResponse(res: ServerResponse, options: DownstreamOptions, onWrite: () => void): SseResponse {
  const { dialect, format, recover, limits, settings, logger } = options
  const out = writeBatcher(res, { logger, onWrite })
  const writer = format.writer()
  let headers = (): Record<string, string> => ({})
  let committed = false
  let sent = transcript(limits.maxTranscriptBytes)
  let callSent = false
  /** Calls of the current attempt that wait for its end. */
  let heldCalls: Chunk[] = []
  /** The last frames of a whole answer. */
  let end = ''
  /** Characters by which the client's text is longer than the attempt's; after a continuation alone. */
  let before = 0
  /** Takes the annotations that the client has off a chunk; after a mid-stream break alone. */
  let withoutSent: (chunk: Chunk) => Chunk | undefined = unchanged

  /** Behind the transcript: small texts that wait here count as sent, and do go out. */
  const small = settings.coalesce && coalescer(settings.coalesce, (chunk) => out.write(writer.chunk(chunk)))
  if (small !== undefined) res.once('close', small.stop)

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
    committed: () => committed,
    callSent: () => callSent,
    transcript: () => sent,
    hasRoom: out.hasRoom,
    begin(attempt) {
      headers = attempt.headers
      heldCalls = []
      before = 0
      if (!committed) return
      withoutSent = sent.withoutSentAnnotations
      writer.continue?.()
    },
    continueBehind(characters) {
      before = characters
    },
    send(given) {
      const chunk = withoutSent(withMovedAnnotations(given, before))
      if (chunk === undefined) return
      if (hasCall(chunk)) {
        if (dialect.runsCallsAtOnce) {
          heldCalls.push(chunk)
          return
        }
        callSent = true
      }
      if (!res.headersSent) openHead(headers())
      committed = true
      if (recover) sent.add(chunk)
      if (small === undefined) out.write(writer.chunk(chunk))
      else small.add(chunk)
    },
    restart({ attempt, provider, previousFailure: reason }, first) {
      withoutSent = unchanged
      sent = transcript(limits.maxTranscriptBytes)
      small?.flush()
      out.write(writer.restart?.(first, { attempt, provider, reason }) ?? '')
    },
    keepAlive(withHead) {
      // Who will answer is not known yet.
      if (withHead && !res.headersSent) openHead()
      if (res.headersSent) out.write(committed ? writer.keepAlive() : commentFrame('keep-alive'))
    },
    close(ending) {
      small?.flush()
      try {
        end = writer.finish([...heldCalls, ...ending].flatMap((chunk) => withoutSent(chunk) ?? []))
        return undefined
      } catch (error) {
        if (error instanceof UpstreamError) return error
        throw error
      }
    },
    finish() {
      if (!res.headersSent) openHead(headers())
      out.end(end)
    },
    fail(error) {
      small?.flush()
      out.end(writer.fail(error))
    },
  }
}

function unchanged(chunk: Chunk): Chunk {
  return chunk
}

function hasCall({ choices }: Chunk): boolean {
  for (const { delta } of choices) if (delta.tool_calls !== undefined || delta.function_call !== undefined) return true
  return false
}
