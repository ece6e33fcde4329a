import { envelope as errorEnvelope } from '../errors.ts'
import type { ApiError, Chunk } from '../types.ts'

/** The literal frame that ends a whole answer, and no other. */
export const DONE = 'data: [DONE]\n\n'

/**
 * A function from chunks to SSE frames for one response. Id, time and model are those of the chunk given here, on every
 * frame; what is constant is put into text once. `usageKey`: frames carry `"usage":null`, as OpenAI's do when the client
 * asked for usage.
 */
export function sseEncoder(first: Chunk, usageKey: boolean): (chunk: Chunk) => string {
  const { id, object, created, model } = first
  const head = `data: ${JSON.stringify({ id, object, created, model }).slice(0, -1)}`
  const tail = usageKey ? ',"usage":null}\n\n' : '}\n\n'

  return (chunk) => {
    let frame = head
    for (const key in chunk) {
      if (CONSTANT.has(key) || chunk[key] === undefined) continue
      frame += `,${JSON.stringify(key)}:${JSON.stringify(chunk[key])}`
    }
    return chunk.usage === undefined ? frame + tail : `${frame}}\n\n`
  }
}

const CONSTANT: ReadonlySet<string> = new Set(['id', 'object', 'created', 'model'])

/** The last frame of an answer that was lost: SDKs raise an error on it. */
export function errorFrame(error: ApiError): string {
  return `data: ${JSON.stringify(errorEnvelope(error))}\n\n`
}

/** A comment, which clients ignore. Line breaks would end it and are removed. */
export function commentFrame(text: string): string {
  return `: ${text.replaceAll(/[\r\n]+/g, ' ')}\n\n`
}
