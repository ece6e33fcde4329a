import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Transform } from 'node:stream'
import type { ResolvedTarget } from '../../config.ts'
import { streamFailure, UpstreamError } from '../../errors.ts'
import type { AttemptStart } from '../../options.ts'
import { chunkDecode } from '../../transforms/chunk-decode.ts'
import { type Reader, reader, readerStage, readerTail } from '../../transforms/decode.ts'
import { type Framed, framing } from '../../transforms/framing/framing.ts'
import { type LinkOptions, link, type Tail } from '../../transforms/join.ts'
import { legacyFunctions } from '../../transforms/legacy-functions.ts'
import { through } from '../../transforms/through.ts'
import { type Told, wholeChunk } from '../../transforms/told.ts'
import type { ChatRequest } from '../../types/chat.ts'
import type { Chunk, Usage } from '../../types/chunk.ts'
import type { Endpoint, Framing } from '../../types/provider.ts'
import type { Exchange } from '../request-context.ts'
import { chunkTeller } from './chunk-observer.ts'
import type { Deadlines } from './deadlines.ts'
import { decompression } from './decompression.ts'

export interface AnswerOptions {
  exchange: Exchange
  target: ResolvedTarget
  start: AttemptStart
  /** What was asked, of whom. */
  request: ChatRequest
  endpoint: Endpoint
  framing: Framing
  clock: Deadlines
  /** Ends it all. */
  signal: AbortSignal
  onContent: (characters: number) => void
  onUsage: (usage: Usage) => void
  onChunk: () => void
  /** At a chunk with a finish reason. */
  onEnding: (chunk: Chunk) => void
}

/**
 * Runs a response's body through its stages to the client. Resolves when the answer is whole, rejects when it is lost. Throws if
 * the stages cannot be built.
 */
export function answer(response: IncomingMessage, options: AnswerOptions): Promise<void> {
  const { exchange, start, clock, signal } = options
  let broken: Error | undefined
  let finished = false
  const tell = chunkTeller(exchange, start)

  const deliver = (told: Told): boolean => {
    options.onChunk()
    if (told.text === undefined && isEnding(told.chunk)) {
      finished = true
      options.onEnding(told.chunk)
    }
    tell?.(wholeChunk(told))
    return exchange.downstream.write(told)
  }

  const whole = () => {
    letEnd(response)
    if (!finished) throw streamFailure('malformed', 'A transform did not pass on the finish reason.')
  }
  const lost = (error: unknown) => {
    // Whatever a stage makes of the rest, the cause is the break; but for what the provider itself had told before.
    const told = error instanceof UpstreamError && error.kind === 'in-band'
    throw broken === undefined || told || signal.aborted ? error : brokenOff(broken)
  }
  const onReady = (resume: () => void) => {
    clock.paused()
    exchange.downstream.onReady(() => {
      clock.resumed()
      resume()
    })
  }
  const onBroken = (error: Error) => {
    broken ??= error
  }
  const line = lineOf(response, options, () => broken, deliver)
  return flow(response, line, signal, { onReady, onBroken }).then(whole, lost)
}

/** The stages between a body and its tail. */
interface Line {
  stages: Transform[]
  tail: Tail<never>
}

/** bytes → events → chunks, those of a read in one list, then what the client and the application want of them. */
function lineOf(
  response: IncomingMessage,
  options: AnswerOptions,
  broken: () => Error | undefined,
  deliver: (told: Told) => boolean,
): Line {
  const { exchange, start, framing: kind } = options
  const framed = framing(kind, exchange.limits)
  const before = [...decompression(response), ...framed.stages]
  const read = readerOf(framed, options, broken)
  const own = [...(exchange.legacy ? [legacyStage()] : []), ...(exchange.options.transforms?.(start) ?? [])]
  if (own.length === 0) return { stages: before, tail: readerTail(read, deliver) }
  return {
    stages: [...before, readerStage(read, framed.stages.length === 0 ? 'bytes' : 'events'), apart(), ...own],
    tail: { sink: (chunk: Chunk) => (deliver({ chunk }) ? 'more' : 'wait') },
  }
}

function readerOf(framed: Framed, options: AnswerOptions, broken: () => Error | undefined): Reader {
  const { exchange, target, request, endpoint, clock, onContent, onUsage } = options
  /** Characters of content in the read at hand; undefined: none. */
  let came: number | undefined
  const chunks = chunkDecode({
    decoder: target.provider.decoder(request, endpoint),
    envelope: { id: `chatcmpl-${randomUUID()}`, created: Math.floor(Date.now() / 1000), model: request.model },
    toolCalls: target.settings.toolCalls,
    strict: endpoint.strict,
    maxToolCallBytes: exchange.limits.maxToolCallBytes,
    onContent(characters) {
      came = (came ?? 0) + characters
    },
    onUsage,
    broken,
    // From here on it is the client that takes its time.
    onWhole: () => clock.stop(),
  })
  return reader(framed, chunks, () => {
    if (came === undefined) return
    const characters = came
    came = undefined
    onContent(characters)
  })
}

function legacyStage(): Transform {
  return through<Chunk, Chunk>((chunk, push) => {
    const legacy = legacyFunctions(chunk)
    if (legacy !== undefined) push(legacy)
  })
}

/** Lists in, chunks out. */
function apart(): Transform {
  return through<Told[], Chunk>((told, push) => {
    for (const each of told) push(wholeChunk(each))
  })
}

/** `link` as a promise that the signal ends. */
function flow(
  response: IncomingMessage,
  { stages, tail }: Line,
  signal: AbortSignal,
  ends: Pick<LinkOptions<never>, 'onReady' | 'onBroken'>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      unlink()
      reject(signal.reason)
    }
    const unlink = link(response, stages, {
      tail,
      ...ends,
      onDone(error) {
        signal.removeEventListener('abort', stop)
        if (error === undefined) resolve()
        else reject(error)
      },
    })
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
}

function isEnding({ choices }: Chunk): boolean {
  for (const { finish_reason } of choices) if (finish_reason !== null) return true
  return false
}

function brokenOff(cause: Error): UpstreamError {
  return streamFailure('truncated', 'The connection to the provider broke before the end of its stream.', cause)
}

/** How long a connection may take to finish a response whose answer is complete, before it is closed. */
const GRACE_MS = 1000

/** A whole answer's response is read to its end, so that its connection can be kept. */
function letEnd(response: IncomingMessage): void {
  if (!response.complete && !response.destroyed) {
    const timer = setTimeout(() => response.destroy(), GRACE_MS)
    response.once('close', () => clearTimeout(timer))
  }
  response.resume()
}
