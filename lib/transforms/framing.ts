import type { Transform } from 'node:stream'
import type { Framing } from '../types.ts'
import { awsEventstreamDecode } from './aws-eventstream-decode.ts'
import { jsonArrayDecode } from './json-array-decode.ts'
import { jsonLinesDecode } from './json-lines-decode.ts'
import { sseDecode } from './sse-decode.ts'
import { wholeLines } from './whole-lines.ts'

/** The stages that cut a body of this framing into WireEvents. An event over `maxEventBytes` is an error. */
export function framing(kind: Framing, limits: { maxEventBytes: number }): Transform[] {
  switch (kind) {
    case 'sse':
      return [wholeLines(limits), sseDecode(limits)]
    case 'json-lines':
      return [wholeLines(limits), jsonLinesDecode()]
    case 'json-array':
      return [jsonArrayDecode(limits)]
    case 'aws-eventstream':
      return [awsEventstreamDecode(limits)]
  }
}
