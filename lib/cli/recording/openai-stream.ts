import type { Readable, Writable } from 'node:stream'
import type { ResolvedTarget } from '../../config.ts'
import { DONE, errorFrame, type SseEncoder, sseEncoder } from '../../dialects/chat-completions/sse-encoder.ts'
import { streamFailure, UpstreamError } from '../../errors.ts'
import { demandsOf } from '../../middleware/attempt/demands.ts'
import { pipeline } from '../../middleware/attempt/pipeline.ts'
import { DEFAULT_LIMITS } from '../../options.ts'
import { chunkAssembler } from '../../transforms/chunk-assembler.ts'
import { join } from '../../transforms/join.ts'
import { firstCharacters, framingByStart } from '../../transforms/sniff.ts'
import { toOpenAI } from '../../transforms/to-openai.ts'
import type { ChatRequest } from '../../types/chat.ts'
import type { Chunk } from '../../types/chunk.ts'
import type { Endpoint, Framing } from '../../types/provider.ts'

/** What decides how a body is read. */
export interface Origin {
  readonly target: ResolvedTarget
  /** What was asked. */
  readonly request: ChatRequest
  /** The response's; undefined if nobody noted it. */
  readonly contentType: string | undefined
  /** Wins over what the content type and the provider say. */
  readonly framing?: Framing | undefined
  /** Whether the connection broke at the body's end. */
  readonly cut: boolean
}

/**
 * Writes a provider's body as OpenAI's stream, as a client gets it from one attempt: the chunks, then `[DONE]`, or the error if
 * the body is not whole. Resolves with that error.
 */
export async function openaiStream(body: Readable, origin: Origin, out: Writable): Promise<UpstreamError | undefined> {
  const { target, request } = origin
  const endpoint = endpointOf(target)
  const encode = encoder()
  const framing = await framingOf(body, origin)
  let broken: Error | undefined
  const assembler = chunkAssembler({
    decoder: target.provider.decoder(request, endpoint),
    choices: request.n ?? 1,
    // The same each time: so that two runs can be compared.
    envelope: { id: 'chatcmpl-replay', created: 0, model: request.model },
    toolCalls: target.settings.toolCalls,
    strict: endpoint.strict,
    maxToolCallBytes: DEFAULT_LIMITS.maxToolCallBytes,
    maxHeldBytes: DEFAULT_LIMITS.maxHeldBytes,
    maxJsonBytes: DEFAULT_LIMITS.maxAnswerBytes,
    demands: demandsOf(request, target.settings),
    onContent() {},
    broken: () => broken ?? (origin.cut ? BROKEN : undefined),
    onWhole() {},
  })
  const failure = await new Promise<Error | undefined>((resolve) => {
    join<Chunk>(body, pipeline({ framing, limits: DEFAULT_LIMITS, toOpenAI: toOpenAI(assembler) }), {
      write: (chunk) => out.write(encode(chunk)),
      onReady: (resume) => out.once('drain', resume),
      onBroken(error) {
        broken ??= error
        return true
      },
      onDone: (error) => resolve(assembler.pause() !== undefined ? PAUSED : assembler.ended() ? undefined : error),
    })
  })
  const error = failure && failureOf(failure)
  // As in a live answer: a break is the cause of whatever is wrong with the last event, but not of an error of the provider's.
  const lost = error !== undefined && origin.cut && error.kind !== 'in-band' ? CUT_SHORT : error
  out.write(lost === undefined ? DONE : errorFrame(lost.api))
  return lost
}

const BROKEN = new Error('the connection broke')
const PAUSED = streamFailure('broken-end', 'The model paused here, and went on in another response.')
const CUT_SHORT = streamFailure('truncated', 'The connection to the provider broke before the end of its stream.')

/** How the body is cut into events. */
export async function framingOf(body: Readable, { target, request, contentType, framing }: Origin): Promise<Framing> {
  if (framing !== undefined) return framing
  const headers = contentType === undefined ? {} : { 'content-type': contentType }
  const declared = target.provider.framing(headers, request, endpointOf(target))
  const found = framingByStart(await firstCharacters(body), declared)
  if (found !== undefined && found !== 'html') return found
  return declared === 'sse-or-json-array' ? 'sse' : declared
}

function endpointOf({ apiKey, customHost, fields, settings }: ResolvedTarget): Endpoint {
  const fetchMedia = () => Promise.reject(new Error('A recorded answer needs no media.'))
  return { apiKey, customHost, fields, strict: settings.strict, finishReasons: settings.finishReasons, fetchMedia }
}

function failureOf(error: Error): UpstreamError {
  return error instanceof UpstreamError
    ? error
    : streamFailure('malformed', `The body could not be processed: ${error.message}`, error)
}

/** Frames of chunks, each choice's first with the role. */
function encoder(): (chunk: Chunk) => string {
  let encode: SseEncoder | undefined
  const started = new Set<number>()
  return (chunk) => {
    encode ??= sseEncoder(chunk, true)
    const choices = chunk.choices.map((choice) => {
      if (started.has(choice.index)) return choice
      started.add(choice.index)
      return { ...choice, delta: { role: 'assistant' as const, ...choice.delta } }
    })
    return encode.chunk({ ...chunk, choices })
  }
}
