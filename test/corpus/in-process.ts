import { PassThrough } from 'node:stream'
import { pipeline } from '../../lib/middleware/attempt/pipeline.ts'
import { DEFAULT_LIMITS } from '../../lib/options.ts'
import { chunkAssembler } from '../../lib/transforms/chunk-assembler.ts'
import { join } from '../../lib/transforms/join.ts'
import { toOpenAI } from '../../lib/transforms/to-openai.ts'
import type { Chunk, Usage } from '../../lib/types/chunk.ts'
import type { Recording } from './recordings.ts'
import { contentTypeOf, endpointOf, providerOf, requestOf } from './systems.ts'

/** What the stages made of a body. */
export interface Run {
  chunks: Chunk[]
  /** What they ended in; undefined for a whole answer. */
  error: Error | undefined
  /** The last total that the provider told. */
  usage: Usage | undefined
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
  const assembler = chunkAssembler({
    decoder: parsingAll ? { decode: decoder.decode } : decoder,
    choices,
    envelope: { id: 'chatcmpl-0', created: 1, model: request.model },
    toolCalls: 'whole',
    strict: endpoint.strict,
    maxToolCallBytes: DEFAULT_LIMITS.maxToolCallBytes,
    maxHeldBytes: DEFAULT_LIMITS.maxHeldBytes,
    maxJsonBytes: 10_000_000,
    demands: { failOn: [], json: false, afterToolResult: false },
    onContent() {},
    onWhole() {},
  })
  return new Promise((resolve) => {
    const chunks: Chunk[] = []
    join<Chunk>(body, pipeline({ framing: kind, limits: DEFAULT_LIMITS, toOpenAI: toOpenAI(assembler) }), {
      write: (chunk) => chunks.push(chunk) > 0,
      onReady: (resume) => resume(),
      onBroken(error) {
        assembler.cut(error)
        return true
      },
      onDone: (error) => resolve({ chunks, error: assembler.ended() ? undefined : error, usage: assembler.usage() }),
    })
    for (const piece of pieces) body.write(piece)
    body.end()
  })
}
