import { PassThrough } from 'node:stream'
import { DEFAULT_LIMITS } from '../../lib/options.ts'
import { chunkDecode } from '../../lib/transforms/chunk-decode.ts'
import { reader, readerTail } from '../../lib/transforms/decode.ts'
import { framing } from '../../lib/transforms/framing/framing.ts'
import { link } from '../../lib/transforms/join.ts'
import { wholeChunk } from '../../lib/transforms/told.ts'
import type { Chunk } from '../../lib/types/chunk.ts'
import type { Recording } from './recordings.ts'
import { contentTypeOf, endpointOf, providerOf, requestOf } from './systems.ts'

/** What the stages made of a body. */
export interface Run {
  chunks: Chunk[]
  /** What they ended in; undefined for a whole answer. */
  error: Error | undefined
}

/**
 * Runs a body through the stages of its provider, in these pieces, to a clean end. `choices`: how many were asked for.
 * `parsingAll`: without the shortcut for events that are like the one before.
 */
export function decode(
  recording: Recording,
  choices: number,
  pieces: readonly Buffer[],
  { parsingAll = false } = {},
): Promise<Run> {
  const provider = providerOf(recording)
  const request = requestOf(recording, choices)
  const endpoint = endpointOf(recording)
  const type = contentTypeOf(recording)
  const told = provider.framing(type === null ? {} : { 'content-type': type }, request, endpoint)
  const first = /\S/.exec(
    Buffer.concat(pieces)
      .toString()
      .replace(/^\uFEFF/, ''),
  )?.[0]
  const kind = told !== 'sse-or-json-array' ? told : first === '[' ? 'json-array' : 'sse'

  const decoder = provider.decoder(request, endpoint)
  const body = new PassThrough()
  const framed = framing(kind, DEFAULT_LIMITS)
  const decoding = chunkDecode({
    decoder: parsingAll ? (event) => decoder(event) : decoder,
    envelope: { id: 'chatcmpl-0', created: 1, model: request.model },
    toolCalls: 'whole',
    strict: endpoint.strict,
    maxToolCallBytes: DEFAULT_LIMITS.maxToolCallBytes,
    onContent() {},
    onUsage() {},
    broken: () => undefined,
    onWhole() {},
  })
  return new Promise((resolve) => {
    const chunks: Chunk[] = []
    const tail = readerTail(reader(framed, decoding), (told) => {
      chunks.push(wholeChunk(told))
      return true
    })
    link(body, framed.stages, {
      tail,
      onReady: (resume) => resume(),
      onBroken() {},
      onDone: (error) => resolve({ chunks, error }),
    })
    for (const piece of pieces) body.write(piece)
    body.end()
  })
}
