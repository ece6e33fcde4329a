import type { Transform } from 'node:stream'
import type { Framing, WireEvent } from '../../types/provider.ts'
import type { Cutter } from '../cutter.ts'
import { eventstreamCutter } from './aws-eventstream.ts'
import { jsonArrayCutter } from './json-array.ts'
import { jsonLinesDecode } from './json-lines.ts'
import { sseCutter } from './sse.ts'
import { wholeLines } from './whole-lines.ts'

/** How a body becomes events: by stages in front, whose items the cutter takes. */
export interface Framed {
  stages: Transform[]
  cutter: Cutter<never>
}

/** Cuts a body of this framing into events. An event over `maxEventBytes` is an error. */
export function framing(kind: Framing, limits: { maxEventBytes: number }): Framed {
  switch (kind) {
    case 'sse':
      return { stages: [], cutter: sseCutter(limits) }
    case 'json-lines':
      return { stages: [wholeLines(limits), jsonLinesDecode()], cutter: uncut }
    case 'json-array':
      return { stages: [], cutter: jsonArrayCutter(limits) }
    case 'aws-eventstream':
      return { stages: [], cutter: eventstreamCutter(limits) }
  }
}

/** For events that the stages in front have cut. */
const uncut: Cutter<WireEvent> = {
  cut: (event, each) => each(event),
  end() {},
}
