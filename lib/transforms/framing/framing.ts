import type { Transform } from 'node:stream'
import type { Framing } from '../../types/provider.ts'
import { awsEventstream } from './aws-eventstream.ts'
import { jsonArray } from './json-array.ts'
import { jsonLinesStages } from './json-lines.ts'
import { sseStages } from './sse.ts'

export interface FramingLimits {
  maxEventBytes: number
  /** Whether pings, which only keep the connection alive, are events, too. @default false */
  pings?: boolean
}

/** The stages that cut a body of this framing into events. An event over `maxEventBytes` is an error. */
export function framing(kind: Framing, limits: FramingLimits): Transform[] {
  switch (kind) {
    case 'sse':
      return sseStages(limits)
    case 'json-lines':
      return jsonLinesStages(limits)
    case 'json-array':
      return [jsonArray(limits)]
    case 'aws-eventstream':
      return [awsEventstream(limits)]
  }
}
