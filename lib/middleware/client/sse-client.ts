import type { ServerResponse } from 'node:http'
import { isEnding } from '../../chunk.ts'
import {
  commentFrame,
  DONE,
  errorFrame,
  type SseEncoder,
  sseEncoder,
} from '../../dialects/chat-completions/sse-encoder.ts'
import { UpstreamError } from '../../errors.ts'
import type { Chunk, ChunkDelta } from '../../types/chunk.ts'
import { afterPrefill, afterRepetition, type JoinCheck, type JoinVerdict } from '../recovery/join-check.ts'
import type { Splice } from '../recovery/splice.ts'
import { transcript } from '../recovery/transcript.ts'
import type { Resume } from '../recovery/ways-to-continue.ts'
import { coalescer } from './coalesce.ts'
import { heartbeat } from './heartbeat.ts'
import { earlyChunks } from './held-chunks.ts'
import { type AttemptNotice, type Downstream, type DownstreamOptions, sendError, setHeaders } from './json-client.ts'
import { joinedWrites } from './write-batcher.ts'

/** How chunks are taken at one stage of the answer, and what is still to do when the answer ends there. */
interface Phase {
  accept(chunk: Chunk): boolean
  end(): void
}

/** Answers with SSE. Nothing is sent before the first content, so that until then every failure stays invisible. */
export function sseDownstream(res: ServerResponse, options: DownstreamOptions): Downstream {
  const { keepAlive, keepAliveBeforeCommit, coalesce } = options.settings
  const out = joinedWrites(res)
  let encode: SseEncoder | undefined
  let sent = transcript(options.limits.maxTranscriptBytes)
  /** The choices whose role was told. */
  let started: number[] = []
  let callSent = false
  let notice: AttemptNotice | undefined
  /** Finish reasons and usage, until the answer is whole. */
  let ending: Chunk[] = []

  const answering = () => notice?.headers()

  const openHead = (headers: () => Record<string, string> | undefined) => {
    if (res.headersSent) return
    setHeaders(res, headers())
    res.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      // `no-transform` keeps compression middleware from buffering the stream.
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    })
  }

  /** What of a chunk goes out: after a break, only what the client does not have. */
  let news: ((chunk: Chunk) => Chunk | undefined) | undefined

  /** Behind the recovery: what it holds counts as sent, and does go out. */
  const joining = coalesce && coalescer(coalesce, (chunk) => out.write(encode?.chunk(chunk) ?? ''), out.hasRoom)
  const write = (frame: string): boolean => {
    joining?.flush()
    return out.write(frame)
  }
  if (joining !== undefined) res.once('close', joining.stop)

  const send = (told: Chunk): boolean => {
    const chunk = news === undefined ? told : news(told)
    if (chunk === undefined) return true
    openHead(answering)
    encode ??= sseEncoder(chunk, options.includeUsage)
    let frames = ''
    for (const { index, delta } of chunk.choices) {
      if (delta.tool_calls !== undefined || delta.function_call !== undefined) callSent = true
      if (started.includes(index)) continue
      frames += encode.chunk(roleChunk(chunk, index))
      started.push(index)
    }
    if (options.recover) sent.add(chunk)
    if (joining === undefined) return out.write(frames + encode.chunk(chunk))
    if (frames !== '') write(frames)
    return joining.add(chunk)
  }
  const sendAll = (chunks: readonly Chunk[]): boolean => chunks.map(send).every(Boolean)

  const direct: Phase = { accept: send, end() {} }

  /** Before the first content, and beyond it as far as the config holds the answer back. */
  const gate = (): Phase => {
    const held = holdBack(options.settings.commitAfter, () => release())
    const early = earlyChunks()
    const release = () => {
      held.stop()
      stopHolding = nothing
      if (phase === self) phase = direct
      return sendAll(early.take())
    }
    const self: Phase = {
      accept(chunk) {
        const hasRoom = early.add(chunk)
        const due = hasContent(chunk) ? held.enough(chunk) : held.begun() && held.enough(chunk)
        // A stream with more is let through.
        return due || !hasRoom ? release() : true
      },
      end: release,
    }
    stopHolding = held.stop
    return self
  }
  let stopHolding = nothing

  /** After a break, as long as a new answer repeats what the client has. */
  const splicing = (splice: Splice): Phase => ({
    accept(chunk) {
      const verdict = splice.accept(chunk)
      if (verdict.type === 'held') return true
      phase = direct
      if (verdict.type === 'differs') announceRestart(chunk)
      else notice?.onResume('splice')
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

  /** After a break, until it is certain that the new attempt goes on where the answer broke off. */
  const continuing = (check: JoinCheck): Phase => {
    /** `others` is what stands in the chunk beside its text. */
    const act = (verdict: JoinVerdict, chunk: Chunk | undefined, others: ChunkDelta = {}): boolean => {
      if (verdict.type === 'held') return true
      if (verdict.type === 'refused') throw continuationRefused()
      phase = direct
      notice?.onResume('continuation')
      const delta = verdict.text === '' ? others : { ...others, content: verdict.text }
      return chunk === undefined || Object.keys(delta).length === 0 || send(pieceOf(chunk, delta))
    }
    let last: Chunk | undefined
    return {
      accept(chunk) {
        last = chunk
        // Reasoning is not sent again.
        const { content, reasoning_content: _, ...others } = chunk.choices[0]?.delta ?? {}
        if (others.refusal || others.audio) throw continuationRefused()
        const verdict: JoinVerdict = content ? check.accept(content) : { type: 'held' }
        const calls = others.tool_calls !== undefined || others.function_call !== undefined
        // Behind a call comes no text that could tell.
        return act(calls && verdict.type === 'held' ? check.end(true) : verdict, chunk, others)
      },
      end() {
        act(check.end(false), last)
      },
    }
  }

  const announceRestart = (first: Chunk) => {
    if (encode === undefined || notice === undefined) return
    const { attempt, provider, after: reason } = notice
    notice.onResume('restart')
    news = undefined
    sent = transcript(options.limits.maxTranscriptBytes)
    started = [0]
    write(commentFrame(`restart: attempt ${attempt}, ${provider}, after ${reason}`))
    write(encode.chunk({ ...roleChunk(first, 0), streamgate: { event: 'restart', attempt, provider, reason } }))
  }

  const phaseFor = (resume: Resume): Phase => {
    if (encode === undefined) return gate()
    if (resume.type === 'fresh') return splicing(sent.splice())
    return continuing(resume.type === 'append' ? afterPrefill(resume.text) : afterRepetition(resume.text))
  }

  let phase: Phase = direct
  if (options.settings.commitAfter?.ms !== undefined) res.once('close', () => stopHolding())
  if (keepAlive !== undefined) {
    heartbeat(res, keepAlive, () => {
      // Who will answer is not known yet.
      if (keepAliveBeforeCommit) openHead(() => undefined)
      if (res.headersSent) out.write(commentFrame('keep-alive'))
    })
  }

  return {
    committed: () => encode !== undefined,
    callSent: () => callSent,
    textSent: () => sent.text(),
    begin(next) {
      stopHolding()
      notice = next
      ending = []
      if (encode !== undefined) news = sent.withoutKnown
      phase = phaseFor(next.resume)
    },
    write(chunk) {
      if (!isEnding(chunk) && chunk.choices.length > 0) return phase.accept(chunk)
      ending.push(chunk)
      // The answer's content is complete, so what this phase still holds can be told.
      const complete = phase
      phase = direct
      complete.end()
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
      for (const chunk of ending) {
        if (chunk.choices.length > 0 || options.includeUsage) send(chunk)
      }
      joining?.flush()
      out.end(DONE)
    },
    fail(error, headers) {
      stopHolding()
      joining?.flush()
      if (res.headersSent) out.end(errorFrame(error))
      else sendError(res, error, headers)
    },
  }
}

function nothing(): void {}

/** Counts what is held back after the first content, until a bound is reached; `onTime` is called when time is up. */
function holdBack(bounds: DownstreamOptions['settings']['commitAfter'], onTime: () => void) {
  let chunks = 0
  let bytes = 0
  let timer: NodeJS.Timeout | undefined
  return {
    begun: () => chunks > 0,
    enough(chunk: Chunk): boolean {
      if (bounds === undefined) return true
      chunks += 1
      bytes += JSON.stringify(chunk.choices).length
      if (bounds.ms !== undefined) timer ??= setTimeout(onTime, bounds.ms)
      return chunks >= (bounds.chunks ?? Infinity) || bytes >= (bounds.bytes ?? Infinity)
    },
    stop() {
      clearTimeout(timer)
    },
  }
}

function continuationRefused(): UpstreamError {
  return new UpstreamError('malformed', {
    status: 502,
    message: 'The provider did not go on with the broken answer.',
    type: 'server_error',
    param: null,
    code: 'continuation_refused',
    retryable: true,
  })
}

function roleChunk({ id, object, created, model }: Chunk, index: number): Chunk {
  const delta: ChunkDelta = { role: 'assistant', content: '', refusal: null }
  return { id, object, created, model, choices: [{ index, delta, logprobs: null, finish_reason: null }] }
}

function pieceOf({ id, object, created, model }: Chunk, delta: ChunkDelta): Chunk {
  return { id, object, created, model, choices: [{ index: 0, delta, logprobs: null, finish_reason: null }] }
}

function hasContent({ choices }: Chunk): boolean {
  return choices.some(({ delta }) =>
    Boolean(
      delta.content ||
        delta.reasoning_content ||
        delta.refusal ||
        delta.tool_calls !== undefined ||
        delta.function_call !== undefined ||
        delta.audio !== undefined,
    ),
  )
}
