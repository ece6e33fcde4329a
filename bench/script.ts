import type { Dialect } from './wire.ts'

/**
 * What the upstream is to play. It travels as the model's name, which every provider's request carries, so that one upstream
 * serves all contestants and all work loads.
 */
export interface Script {
  dialect: Dialect
  /** Events with content. */
  events: number
  /** Events in one write. */
  perWrite: number
  /** Milliseconds between writes; 0: as fast as the connection takes them. */
  gap: number
  /** After the events: the provider's terminal, or silence. */
  after: 'end' | 'hang'
  /** The text of the one event is so many megabytes. */
  megabytes: number
  /** Each write waits until the load has told that it got the one before. */
  acknowledged: boolean
}

export function script(dialect: Dialect, fields: Partial<Script> = {}): Script {
  return { dialect, events: 8, perWrite: 1, gap: 0, after: 'end', megabytes: 0, acknowledged: false, ...fields }
}

/** The stream's number is set by the load, which knows how many digits there are. */
export const STREAM = '000000'

export function modelOf({ dialect, events, perWrite, gap, after, megabytes, acknowledged }: Script): string {
  const flags = `${after === 'hang' ? 'h' : 'e'}${acknowledged ? 'a' : 'f'}`
  return `bench.${dialect}.n${events}.w${perWrite}.g${gap}.m${megabytes}.${flags}.s${STREAM}`
}

const MODEL = /bench\.([a-z-]+)\.n(\d+)\.w(\d+)\.g(\d+)\.m(\d+)\.([eh])([af])\.s(\d{6})/

/** Finds a script in a request's URL or body. */
export function findScript(text: string): { script: Script; stream: number } | undefined {
  const found = MODEL.exec(text)
  if (found === null) return undefined
  const [, dialect, events, perWrite, gap, megabytes, after, acknowledged, stream] = found
  return {
    script: {
      dialect: dialect as Dialect,
      events: Number(events),
      perWrite: Number(perWrite),
      gap: Number(gap),
      after: after === 'h' ? 'hang' : 'end',
      megabytes: Number(megabytes),
      acknowledged: acknowledged === 'a',
    },
    stream: Number(stream),
  }
}
