import type { Body, Content, Dialect } from './bodies/body.ts'
import { bigBody, ownBody } from './bodies/own.ts'
import { recordedBodies } from './bodies/recorded.ts'

/**
 * What the upstream is to play. It travels as the model's name, which every provider's request carries, so that one upstream
 * serves all contestants and all work loads.
 */
export interface Script {
  dialect: Dialect
  content: Content
  /** Whether it is a recorded answer, and of which, or one of our own making. */
  source: Source
  /** Events in its middle. */
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

/** `prose`: recorded ones with nothing but text, which each gateway should get right. */
export type Source = 'recorded' | 'prose' | 'own'

export function script(dialect: Dialect, fields: Partial<Script> = {}): Script {
  return {
    ...{ dialect, content: 'text', source: 'own', events: 8, perWrite: 1, gap: 0 },
    ...{ after: 'end', megabytes: 0, acknowledged: false },
    ...fields,
  }
}

/** The stream's number is set by the load, which knows how many digits there are. */
export const STREAM = '000000'

/** A model of Anthropic's, where the name tells the format. */
const VENDOR: Partial<Readonly<Record<Dialect, string>>> = { 'bedrock-invoke': 'anthropic.claude-3-haiku.' }

export function modelOf(played: Script): string {
  const { dialect, content, source, events, perWrite, gap, after, megabytes, acknowledged } = played
  const flags = `${after === 'hang' ? 'h' : 'e'}${acknowledged ? 'a' : 'f'}`
  const body = `${dialect}.${content}.${source}`
  return `${VENDOR[dialect] ?? ''}bench.${body}.n${events}.w${perWrite}.g${gap}.m${megabytes}.${flags}.s${STREAM}`
}

const MODEL = /bench\.([a-z0-9-]+)\.([a-z]+)\.([a-z]+)\.n(\d+)\.w(\d+)\.g(\d+)\.m(\d+)\.([eh])([af])\.s(\d{6})/

/** Finds a script in a request's URL or body. */
export function findScript(text: string): { script: Script; stream: number } | undefined {
  const found = MODEL.exec(text)
  if (found === null) return undefined
  const [, dialect, content, source, events, perWrite, gap, megabytes, after, acknowledged, stream] = found
  return {
    script: {
      dialect: dialect as Dialect,
      content: content as Content,
      source: source as Source,
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

/** The body that a script plays on this stream; undefined if there is none. */
export function bodyFor({ dialect, content, source, megabytes }: Script, stream: number): Body | undefined {
  if (megabytes > 0) return bigBody(dialect, megabytes)
  if (source === 'own') return ownBody(dialect, content)
  const bodies = recordedBodies(dialect, content, source)
  return bodies[stream % bodies.length]
}
