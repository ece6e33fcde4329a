import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Transform } from 'node:stream'
import { isEnding } from '../../chunk.ts'
import { type FailureKind, streamFailure, UpstreamError } from '../../errors.ts'
import { type ChunkAssembler, chunkAssembler } from '../../transforms/chunk-assembler.ts'
import { join } from '../../transforms/join.ts'
import { nativeEvents } from '../../transforms/native-events.ts'
import { toOpenAI } from '../../transforms/to-openai.ts'
import type { Chunk } from '../../types/chunk.ts'
import type { ChunkInit, Framing } from '../../types/provider.ts'
import { acrossPauses } from './across-pauses.ts'
import { type AcceptedResponse, askAfterPause, type RunningAttempt } from './ask.ts'
import { pipeline } from './pipeline.ts'
import { chunkObserver } from './response/chunk-observer.ts'
import { demandsOf, demandsOfRest, withoutDropped } from './response/demands.ts'

/**
 * Runs a response's body through its pipeline to the client, and those of the responses that follow pauses of the model.
 * Resolves when the answer is whole, rejects when it is lost, or with the signal's reason.
 */
export function answer(running: RunningAttempt, first: AcceptedResponse): Promise<void> {
  const assembler = assemblerFor(running, first)
  running.record.usage = assembler.usage

  const read = (accepted: AcceptedResponse) => readResponse(running, accepted, assembler)
  const askNext = async (nextRequest: NextRequest) => {
    const accepted = await askAfterPause(running, first.outgoing, nextRequest)
    assembler.endPause()
    return accepted
  }
  return acrossPauses(first, read, askNext)
}

/** Makes the request that follows a pause of the one before it. */
type NextRequest = NonNullable<ChunkInit['pause']>

function assemblerFor(
  { context, target, task, record, clock }: RunningAttempt,
  { outgoing, framing, dropped }: AcceptedResponse,
): ChunkAssembler {
  const { request: sent, endpoint, passage } = outgoing
  const request = withoutDropped(sent, dropped)
  const { limits, dialect } = context
  const { resume } = task.start
  const demands = demandsOf(request, target.settings)
  const translated = chunkAssembler({
    decoder: passage?.decoder() ?? target.provider.decoder(request, endpoint),
    choices: request.n ?? 1,
    envelope: { id: `chatcmpl-${randomUUID()}`, created: Math.floor(Date.now() / 1000), model: request.model },
    toolCalls: dialect.runsCallsAtOnce ? 'whole' : target.settings.toolCalls,
    strict: endpoint.strict,
    maxToolCallBytes: limits.maxToolCallBytes,
    maxHeldBytes: limits.maxHeldBytes,
    maxJsonBytes: limits.maxAnswerBytes,
    demands: resume === 'append' || resume === 'anchor' ? demandsOfRest(demands) : demands,
    onContent(characters) {
      record.content(characters)
      clock.content(characters)
      if (characters > 0) context.onContent?.()
    },
    onWhole() {
      record.atWork = 'transforms'
      clock.whole()
    },
  })
  const read = STREAMS.has(framing) ? passage?.read : sent.stream ? undefined : passage?.readWhole
  return read === undefined ? translated : nativeEvents(translated, read, limits.maxToolCallBytes)
}

/** The framings of events. */
const STREAMS: ReadonlySet<Framing> = new Set(['sse', 'aws-eventstream'])

/** Resolves at the end of the answer; at a pause in it, with what makes the next request. */
function readResponse(
  { context, task, record, clock, signal }: RunningAttempt,
  { outgoing, response, framing }: AcceptedResponse,
  assembler: ChunkAssembler,
): Promise<NextRequest | undefined> {
  const { downstream, limits, legacy, options } = context
  const { promise, resolve, reject } = Promise.withResolvers<NextRequest | undefined>()
  let disconnected: Error | undefined
  let finished = false

  const transforms = options.transforms?.(task.start) ?? []
  const contentEncoding = response.headers['content-encoding']
  const translator = toOpenAI(assembler)
  const stages = pipeline({
    ...{ contentEncoding, framing, limits, legacy, transforms },
    // A client that speaks the provider's words gets its pings, too.
    pings: outgoing.passage !== undefined,
    toOpenAI: translator,
  })

  const observeChunk = chunkObserver(context, task.start)
  const write = (chunk: Chunk): boolean => {
    record.chunk()
    // The provider has said all: what comes now was held back by transforms, and shows that they work on.
    if (assembler.ended()) clock.content(0)
    if (isEnding(chunk)) {
      finished = true
      record.ending(chunk)
    }
    observeChunk?.(chunk)
    return downstream.write(chunk)
  }
  const onReady = (callback: () => void) => {
    clock.clientSlow()
    downstream.onReady(() => {
      clock.clientReady()
      callback()
    })
  }
  const isInFront = (stage?: Transform) => stage !== undefined && stages.indexOf(stage) < stages.indexOf(translator)
  const onBroken = (error: Error, stage?: Transform) => {
    assembler.cut(error)
    if (stage === undefined) disconnected ??= error
    return isInFront(stage)
  }
  const stop = () => {
    unjoin()
    reject(signal.reason)
  }
  const onDone = (error?: Error, stage?: Transform) => {
    signal.removeEventListener('abort', stop)
    // Behind the provider's terminal nothing of the body counts.
    if (error !== undefined && !(assembler.ended() && isInFront(stage))) return reject(causeOf(error, disconnected))
    letEnd(response)
    if (finished || assembler.pause() !== undefined) resolve(assembler.pause())
    else reject(streamFailure('malformed', 'A transform did not pass on the finish reason.'))
  }

  const unjoin = join(response, stages, { write, onReady, onBroken, onDone })
  if (signal.aborted) stop()
  else signal.addEventListener('abort', stop, { once: true })
  return promise
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
