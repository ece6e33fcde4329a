import type { Transform } from 'node:stream'
import type { Framing } from '../../types/provider.ts'
import { awsEventstream } from './aws-eventstream.ts'
import { jsonArray } from './json-array.ts'
import { jsonLines } from './json-lines.ts'
import { serverSentEvents } from './sse.ts'

export interface FramingLimits {
  maxEventBytes: number
  /** Whether pings, which only keep the connection alive, are events, too. @default false */
  pings?: boolean
}

/** The stage that cuts a body of this framing into events. An event over `maxEventBytes` is an error. */
export function framing(kind: Framing, limits: FramingLimits): Transform {
  switch (kind) {
    case 'sse':
      return serverSentEvents(limits)
    case 'json-lines':
      return jsonLines(limits)
    case 'json-array':
      return jsonArray(limits)
    case 'aws-eventstream':
      return awsEventstream(limits)
  }
}
