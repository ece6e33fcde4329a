import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Transform } from 'node:stream'
import type { Target } from '../config.ts'
import { streamFailure, UpstreamError } from '../errors.ts'
import type { AttemptStart } from '../options.ts'
import { chunkDecode } from '../transforms/chunk-decode.ts'
import { decode } from '../transforms/decode.ts'
import { framing } from '../transforms/framing.ts'
import { legacyFunctions } from '../transforms/legacy-functions.ts'
import { link } from '../transforms/link.ts'
import { through } from '../transforms/through.ts'
import type { ChatRequest, Chunk, Endpoint, Framing, Usage } from '../types.ts'
import { decompression } from './body.ts'
import { chunkTeller } from './chunk-teller.ts'
import type { Deadlines } from './deadlines.ts'
import type { Exchange } from './exchange.ts'

export interface AnswerOptions {
  exchange: Exchange
  target: Target
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

/** Runs a response's body through its stages to the client. Resolves when the answer is whole, rejects when it is lost. */
export async function answer(response: IncomingMessage, options: AnswerOptions): Promise<void> {
  const { exchange, start, clock, signal } = options
  let broken: Error | undefined
  let finished = false
  const tell = chunkTeller(exchange, start)

  const stages = stagesOf(response, options, () => broken)
  await flow(response, stages as [Transform, ...Transform[]], signal, {
    sink(chunks) {
      let ready = true
      for (const chunk of chunks) {
        options.onChunk()
        if (chunk.choices.some(({ finish_reason }) => finish_reason !== null)) {
          finished = true
          options.onEnding(chunk)
        }
        tell?.(chunk)
        ready = exchange.downstream.write(chunk) && ready
      }
      return ready
    },
    onReady(resume) {
      clock.paused()
      exchange.downstream.onReady(() => {
        clock.resumed()
        resume()
      })
    },
    onBroken(error) {
      broken ??= error
    },
  }).catch((error: unknown) => {
    // Whatever a stage makes of the rest, the cause is the break; but for what the provider itself had told before.
    const told = error instanceof UpstreamError && error.kind === 'in-band'
    throw broken === undefined || told || signal.aborted ? error : brokenOff(broken)
  })
  letEnd(response)
  if (!finished) throw streamFailure('malformed', 'A transform did not pass on the finish reason.')
}

/** bytes → events → chunks, those of a read in one list, then what the client and the application want of them. */
function stagesOf(
  response: IncomingMessage,
  { exchange, target, start, request, endpoint, framing: kind, clock, onContent, onUsage }: AnswerOptions,
  broken: () => Error | undefined,
): Transform[] {
  const { limits, legacy, options } = exchange
  const chunks = chunkDecode({
    decoder: target.provider.decoder(request, endpoint),
    envelope: { id: `chatcmpl-${randomUUID()}`, created: Math.floor(Date.now() / 1000), model: request.model },
    toolCalls: target.settings.toolCalls,
    strict: endpoint.strict,
    maxToolCallBytes: limits.maxToolCallBytes,
    onContent,
    onUsage,
    broken,
    // From here on it is the client that takes its time.
    onWhole: () => clock.stop(),
  })
  const own = [...(legacy ? [legacyStage()] : []), ...(options.transforms?.(start) ?? [])]
  return [
    ...decompression(response),
    ...decode(framing(kind, limits), chunks),
    ...(own.length > 0 ? [apart(), ...own, together()] : []),
  ]
}

function legacyStage(): Transform {
  return through<Chunk, Chunk>((chunk, push) => {
    const legacy = legacyFunctions(chunk)
    if (legacy !== undefined) push(legacy)
  })
}

/** Lists in, chunks out. */
function apart(): Transform {
  return through<Chunk[], Chunk>((chunks, push) => chunks.forEach(push))
}

/** Chunks in, lists out. */
function together(): Transform {
  return through<Chunk, Chunk[]>((chunk, push) => push([chunk]))
}

/** `link` as a promise that the signal ends. */
function flow(
  response: IncomingMessage,
  stages: readonly [Transform, ...Transform[]],
  signal: AbortSignal,
  ends: { sink: (chunks: Chunk[]) => boolean; onReady: (resume: () => void) => void; onBroken: (error: Error) => void },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      unlink()
      reject(signal.reason)
    }
    const unlink = link<Chunk[]>(response, stages, {
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
