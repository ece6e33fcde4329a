import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Transform } from 'node:stream'
import { isEnding } from '../../chunk.ts'
import type { ResolvedTarget } from '../../config.ts'
import { type FailureKind, streamFailure, UpstreamError } from '../../errors.ts'
import type { AttemptStart } from '../../options.ts'
import { type ChunkAssembler, chunkAssembler } from '../../transforms/chunk-assembler.ts'
import { join } from '../../transforms/join.ts'
import { nativeEvents } from '../../transforms/native-events.ts'
import { toOpenAI } from '../../transforms/to-openai.ts'
import type { ChatRequest } from '../../types/chat.ts'
import type { Chunk, Usage } from '../../types/chunk.ts'
import type { ChunkInit, Endpoint, Framing, NativePassage } from '../../types/provider.ts'
import type { RequestContext } from '../request-context.ts'
import { acrossPauses } from './carry-on.ts'
import { chunkObserver } from './chunk-observer.ts'
import type { Deadlines } from './deadlines.ts'
import { demandsOf, demandsOfRest } from './demands.ts'
import { pipeline } from './pipeline.ts'

/** A response whose body may be an answer, or a part of one. */
export interface AcceptedResponse {
  response: IncomingMessage
  framing: Framing
}

type Pause = NonNullable<ChunkInit['pause']>

export interface AnswerOptions {
  exchange: RequestContext
  target: ResolvedTarget
  start: AttemptStart
  /** What was asked, of whom. */
  request: ChatRequest
  endpoint: Endpoint
  /** Undefined: request and answer are translated. */
  passage: NativePassage | undefined
  /** Asks the model to go on from a pause. */
  carryOn: (pause: Pause) => Promise<AcceptedResponse>
  clock: Deadlines
  /** Ends it all. */
  signal: AbortSignal
  onContent: (characters: number) => void
  /** Once, at the end of whatever kind: the provider's last total. */
  onUsage: (usage: Usage | undefined) => void
  onChunk: () => void
  /** At the provider's terminal: what is left passes through the application's transforms to the client. */
  onWhole: () => void
  /** At a chunk with a finish reason. */
  onEnding: (chunk: Chunk) => void
}

/**
 * Runs a response's body through its pipeline to the client, and those of the responses with which the answer goes on after
 * pauses. Resolves when the answer is whole, rejects when it is lost, or with the signal's reason.
 */
export function answer(first: AcceptedResponse, options: AnswerOptions): Promise<void> {
  const { exchange, target, start, request, endpoint, passage } = options
  const demands = demandsOf(request, target.settings)
  const isRest = start.resume === 'append' || start.resume === 'anchor'
  /** What cut the body short: the connection, or a stage in front of the chunks. */
  let broken: Error | undefined

  const translated = chunkAssembler({
    decoder: passage?.decoder() ?? target.provider.decoder(request, endpoint),
    choices: request.n ?? 1,
    envelope: { id: `chatcmpl-${randomUUID()}`, created: Math.floor(Date.now() / 1000), model: request.model },
    toolCalls: exchange.dialect.runsCallsAtOnce ? 'whole' : target.settings.toolCalls,
    strict: endpoint.strict,
    maxToolCallBytes: exchange.limits.maxToolCallBytes,
    maxHeldBytes: exchange.limits.maxHeldBytes,
    maxJsonBytes: exchange.limits.maxAnswerBytes,
    demands: isRest ? demandsOfRest(demands) : demands,
    onContent: options.onContent,
    broken: () => broken,
    onWhole: options.onWhole,
  })
  const { maxToolCallBytes } = exchange.limits
  const assembler = passage === undefined ? translated : nativeEvents(translated, passage.read, maxToolCallBytes)
  const onBroken = (error: Error) => {
    broken ??= error
  }
  const read = async (accepted: AcceptedResponse) => {
    await readBody(accepted, assembler, onBroken, options)
    return assembler.pause()
  }
  const ask = async (pause: Pause) => {
    const accepted = await options.carryOn(pause)
    broken = undefined
    assembler.goOn()
    return accepted
  }
  return acrossPauses(first, read, ask).finally(() => options.onUsage(assembler.usage()))
}

/** Resolves at the end of the answer, or at a pause in it. */
async function readBody(
  { response, framing }: AcceptedResponse,
  assembler: ChunkAssembler,
  onCut: (error: Error) => void,
  { exchange, start, passage, clock, signal, onChunk, onEnding }: AnswerOptions,
): Promise<void> {
  const { downstream, limits, legacy } = exchange
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let disconnected: Error | undefined
  let finished = false

  const transforms = exchange.options.transforms?.(start) ?? []
  const keepAlives = passage !== undefined
  const contentEncoding = response.headers['content-encoding']
  const translator = toOpenAI(assembler)
  const stages = pipeline({
    ...{ contentEncoding, framing, limits, legacy, transforms, keepAlives },
    toOpenAI: translator,
  })

  const observe = chunkObserver(exchange, start)
  const write = (chunk: Chunk): boolean => {
    onChunk()
    // What transforms held back until then is progress as well.
    if (assembler.ended()) clock.content(0)
    if (isEnding(chunk)) {
      finished = true
      onEnding(chunk)
    }
    observe?.(chunk)
    return downstream.write(chunk)
  }
  const onReady = (resume: () => void) => {
    clock.paused()
    downstream.onReady(() => {
      clock.resumed()
      resume()
    })
  }
  const isInFront = (stage?: Transform) => stage !== undefined && stages.indexOf(stage) < stages.indexOf(translator)
  const onBroken = (error: Error, stage?: Transform) => {
    onCut(error)
    if (stage === undefined) disconnected ??= error
    return isInFront(stage)
  }
  const onDone = (error?: Error, stage?: Transform) => {
    // Behind the provider's terminal nothing of the body counts.
    if (error !== undefined && !(assembler.ended() && isInFront(stage))) return reject(causeOf(error, disconnected))
    letEnd(response)
    if (finished || assembler.pause() !== undefined) resolve()
    else reject(streamFailure('malformed', 'A transform did not pass on the finish reason.'))
  }

  const unjoin = join(response, stages, { write, onReady, onBroken, onDone })
  const stop = () => {
    unjoin()
    reject(signal.reason)
  }
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop, { once: true })
  return promise.finally(() => signal.removeEventListener('abort', stop))
}

/** Whatever the stages make of a body that was cut off, the cut is the cause; but for what the provider itself had said before. */
function causeOf(error: Error, disconnected: Error | undefined): Error {
  if (disconnected === undefined || (error instanceof UpstreamError && SAID.has(error.kind))) return error
  return streamFailure('truncated', 'The connection to the provider broke before the end of its stream.', disconnected)
}

/** What the provider itself said of its answer. */
const SAID: ReadonlySet<FailureKind> = new Set(['in-band', 'broken-end'])

/** How long a connection may take to finish a response whose answer is complete, before it is closed, in milliseconds. */
const GRACE_MS = 1000

/** A whole answer's response is read to its end, so that its connection can be kept. */
function letEnd(response: IncomingMessage): void {
  if (!response.complete && !response.destroyed) {
    const timer = setTimeout(() => response.destroy(), GRACE_MS)
    response.once('close', () => clearTimeout(timer))
  }
  response.resume()
}
