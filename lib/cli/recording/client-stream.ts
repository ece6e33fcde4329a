import type { Readable, Writable } from 'node:stream'
import { isEnding } from '../../chunk.ts'
import { streamFailure, UpstreamError } from '../../errors.ts'
import { pipeline } from '../../middleware/attempt/pipeline.ts'
import { demandsOf } from '../../middleware/attempt/response/demands.ts'
import { DEFAULT_LIMITS } from '../../options.ts'
import { chunkAssembler } from '../../transforms/chunk-assembler.ts'
import { join } from '../../transforms/join.ts'
import { nativeEvents } from '../../transforms/native-events.ts'
import { firstCharacters, framingByStart } from '../../transforms/sniff.ts'
import { toOpenAI } from '../../transforms/to-openai.ts'
import type { Chunk } from '../../types/chunk.ts'
import type { Framing } from '../../types/provider.ts'
import type { TargetRequest } from './target-request.ts'

/** What decides how a body is read. */
export interface Origin {
  readonly outgoing: TargetRequest
  /** The response's; undefined if nobody noted it. */
  readonly contentType: string | undefined
  /** Wins over what the content type and the provider say. */
  readonly framing?: Framing | undefined
  /** Whether the connection broke at the body's end. */
  readonly cut: boolean
}

/**
 * Writes a provider's body as a client gets it from one attempt, in the client's dialect: up to the end of a whole answer, or to the
 * error if the body is not whole. Resolves with that error.
 */
export async function clientStream(body: Readable, origin: Origin, out: Writable): Promise<UpstreamError | undefined> {
  const { dialect, client } = origin.outgoing
  const writer = client.writer()
  /** What goes out with the end of a whole answer alone. */
  const last: Chunk[] = []
  const isLast = (chunk: Chunk) => last.some(isEnding) || isEnding(chunk) || (dialect.runsCallsAtOnce && hasCall(chunk))
  const error = await readAnswer(body, origin, {
    write(chunk) {
      if (!isLast(chunk)) return out.write(writer.chunk(chunk))
      last.push(chunk)
      return true
    },
    onReady: (resume) => out.once('drain', resume),
  })
  out.write(error === undefined ? writer.finish(last) : writer.fail(error.api))
  return error
}

/** The same for a client that wants its answer as one JSON. Rejects with the error if the body is not whole. */
export async function clientAnswer(body: Readable, origin: Origin): Promise<unknown> {
  const fold = origin.outgoing.client.fold()
  const error = await readAnswer(body, origin, {
    write(chunk) {
      fold.add(chunk)
      return true
    },
    onReady: (resume) => resume(),
  })
  if (error !== undefined) throw error
  return fold.result()
}

/** Resolves when all of the body is read, with the error if it is not whole. */
async function readAnswer(
  body: Readable,
  origin: Origin,
  { write, onReady }: { write: (chunk: Chunk) => boolean; onReady: (resume: () => void) => unknown },
): Promise<UpstreamError | undefined> {
  const { target, dialect, client, request, endpoint, passage } = origin.outgoing
  const framing = await framingOf(body, origin)
  const translated = chunkAssembler({
    decoder: passage?.decoder() ?? target.provider.decoder(request, endpoint),
    choices: request.n ?? 1,
    // The same each time: so that two runs can be compared.
    envelope: { id: 'chatcmpl-replay', created: 0, model: request.model },
    toolCalls: dialect.runsCallsAtOnce ? 'whole' : target.settings.toolCalls,
    strict: endpoint.strict,
    maxToolCallBytes: DEFAULT_LIMITS.maxToolCallBytes,
    maxHeldBytes: DEFAULT_LIMITS.maxHeldBytes,
    maxJsonBytes: DEFAULT_LIMITS.maxAnswerBytes,
    demands: demandsOf(request, target.settings),
    onContent() {},
    onWhole() {},
  })
  const assembler =
    passage === undefined ? translated : nativeEvents(translated, passage.read, DEFAULT_LIMITS.maxToolCallBytes)
  const stages = pipeline({
    framing,
    limits: DEFAULT_LIMITS,
    legacy: client.legacy,
    pings: passage !== undefined,
    toOpenAI: toOpenAI(assembler),
  })
  if (origin.cut) assembler.cut(BROKEN)
  const failure = await new Promise<Error | undefined>((resolve) => {
    join<Chunk>(body, stages, {
      write,
      onReady,
      onBroken(error) {
        assembler.cut(error)
        return true
      },
      onDone: (error) => resolve(assembler.pause() !== undefined ? PAUSED : assembler.ended() ? undefined : error),
    })
  })
  const error = failure && failureOf(failure)
  // As in a live answer: a break is the cause of whatever is wrong with the last event, but not of an error of the provider's.
  return error !== undefined && origin.cut && error.kind !== 'in-band' ? CUT_SHORT : error
}

const BROKEN = new Error('the connection broke')
const PAUSED = streamFailure('broken-end', 'The model paused here, and went on in another response.')
const CUT_SHORT = streamFailure('truncated', 'The connection to the provider broke before the end of its stream.')

function hasCall({ choices }: Chunk): boolean {
  return choices.some(({ delta }) => delta.tool_calls !== undefined || delta.function_call !== undefined)
}

/** How the body is cut into events. */
export async function framingOf(
  body: Readable,
  { outgoing: { target, request, endpoint }, contentType, framing }: Origin,
): Promise<Framing> {
  if (framing !== undefined) return framing
  const headers = contentType === undefined ? {} : { 'content-type': contentType }
  const declared = target.provider.framing(headers, request, endpoint)
  const found = framingByStart(await firstCharacters(body), declared)
  if (found !== undefined && found !== 'html') return found
  return declared === 'sse-or-json-array' ? 'sse' : declared
}

function failureOf(error: Error): UpstreamError {
  return error instanceof UpstreamError
    ? error
    : streamFailure('malformed', `The body could not be processed: ${error.message}`, error)
}
