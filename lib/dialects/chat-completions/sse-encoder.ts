import { isChunkMember, plainText } from '../../chunk.ts'
import { envelope as errorEnvelope } from '../../errors.ts'
import { ownCopy } from '../../own-copy.ts'
import type { Chunk } from '../../types/chunk.ts'
import type { ApiError } from '../../types/provider.ts'
import { jsonLiteral } from '../json-literal.ts'

/** The literal frame that ends a whole answer, and no other. */
export const DONE = 'data: [DONE]\n\n'

/** Makes the SSE frames of one response. */
export interface SseEncoder {
  chunk(chunk: Chunk): string
}

/**
 * Id, time and model are those of the chunk given here, on every frame; what is constant is put into text once. `usageKey`:
 * frames carry `"usage":null`, as OpenAI's do when the client asked for usage.
 */
export function sseEncoder(first: Chunk, usageKey: boolean): SseEncoder {
  const { id, object, created, model } = first
  const head = `data: ${JSON.stringify({ id, object, created, model }).slice(0, -1)}`
  const tail = usageKey ? ',"usage":null}\n\n' : '}\n\n'

  const whole = (chunk: Chunk): string => {
    let frame = `${head}${membersOf(chunk)},"choices":${JSON.stringify(chunk.choices)}`
    for (const key in chunk) {
      if (!isChunkMember(key) && chunk[key] !== undefined)
        frame += `,${JSON.stringify(key)}:${JSON.stringify(chunk[key])}`
    }
    return chunk.usage === undefined ? frame + tail : `${frame},"usage":${JSON.stringify(chunk.usage)}}\n\n`
  }

  // Most frames carry a piece of text or of a thought and nothing else: all of such a frame but the text is constant.
  let known: { kind: TextKind; index: number; tier: string | undefined; fingerprint: string | undefined } | undefined
  let before = ''
  const behind = `},"logprobs":null,"finish_reason":null}]${tail}`

  const prepare = (chunk: Chunk, kind: TextKind, index: number) => {
    const { service_tier: tier, system_fingerprint: fingerprint } = chunk
    if (known?.kind === kind && known.index === index && known.tier === tier && known.fingerprint === fingerprint)
      return
    known = { kind, index, tier, fingerprint }
    before = ownCopy(`${head}${membersOf(chunk)},"choices":[{"index":${index},"delta":{"${kind}":`)
  }

  return {
    chunk(chunk) {
      const kind = chunk.choices[0]?.delta.content === undefined ? 'reasoning_content' : 'content'
      const text = plainText(chunk, kind)
      if (text === undefined) return whole(chunk)
      prepare(chunk, kind, chunk.choices[0]?.index ?? 0)
      return before + jsonLiteral(text) + behind
    },
  }
}

type TextKind = 'content' | 'reasoning_content'

function membersOf({ service_tier, system_fingerprint }: Chunk): string {
  return member('service_tier', service_tier) + member('system_fingerprint', system_fingerprint)
}

function member(key: string, value: string | undefined): string {
  return value === undefined ? '' : `,"${key}":${JSON.stringify(value)}`
}

/** The last frame of an answer that was lost: SDKs raise an error on it. */
export function errorFrame(error: ApiError): string {
  return `data: ${JSON.stringify(errorEnvelope(error))}\n\n`
}
