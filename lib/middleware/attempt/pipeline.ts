import type { Transform } from 'node:stream'
import { framing } from '../../transforms/framing/framing.ts'
import { legacyFunctions } from '../../transforms/legacy-functions.ts'
import type { Framing } from '../../types/provider.ts'
import { decompression } from './response/decompression.ts'

export interface PipelineOptions {
  /** The response's `content-encoding`. */
  contentEncoding?: string | undefined
  framing: Framing
  limits: { maxEventBytes: number }
  /** Whether the provider's pings go on to `toOpenAI`. @default false */
  pings?: boolean
  /** The provider's events in, chunks out. */
  toOpenAI: Transform
  /** The client uses the deprecated `functions`. */
  legacy?: boolean
  /** The application's own transforms, over chunks. */
  transforms?: readonly Transform[]
}

/** The way of every provider's body, from bytes to the chunks that the client gets. */
export function pipeline(options: PipelineOptions): Transform[] {
  const { contentEncoding, pings = false, toOpenAI, legacy = false, transforms = [] } = options
  const { maxEventBytes } = options.limits
  return [
    ...decompression(contentEncoding),
    framing(options.framing, { maxEventBytes, pings }),
    toOpenAI,
    ...(legacy ? [legacyFunctions()] : []),
    ...transforms,
  ]
}
