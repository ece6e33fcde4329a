import type { Readable } from 'node:stream'
import type { Framing } from '../types/provider.ts'

/** As many characters as tell the framings apart. */
const ENOUGH = 16

/**
 * The first characters of a body behind white space, without taking them out: as many as come at once, 16 at most. Empty if the
 * body ends or breaks off before. White space in front of them, which has no meaning in any framing, may go.
 */
export function firstCharacters(body: Readable): Promise<string> {
  return new Promise((resolve) => {
    const done = (characters: string) => {
      body.off('readable', onReadable).off('end', onEnd).off('close', onEnd)
      resolve(characters)
    }
    const onReadable = () => {
      for (let piece: Buffer | null = body.read(); piece !== null; piece = body.read()) {
        const start = piece.toString('utf8', 0, LOOKED_AT).replace(BLANKS, '').slice(0, ENOUGH)
        if (start === '' && piece.length <= LOOKED_AT) continue
        body.unshift(piece)
        return done(start)
      }
    }
    const onEnd = () => done('')
    if (body.destroyed || body.readableEnded) return resolve('')
    body.on('readable', onReadable).on('end', onEnd).on('close', onEnd)
  })
}

/** In bytes. */
const LOOKED_AT = 1024
const BLANKS = /^[\uFEFF\s]+/

/**
 * The framing of a body that starts with these characters; undefined if they say nothing. `declared` is what the headers and
 * the provider say. A page of HTML is none.
 *
 * @example framingByStart('data: {"id"', 'json-array') // 'sse'
 */
export function framingByStart(start: string, declared: Framing | 'sse-or-json-array'): Framing | 'html' | undefined {
  if (start.startsWith('<')) return 'html'
  if (start.startsWith('{')) return declared === 'json-lines' && !OVER_LINES.test(start) ? declared : 'json-array'
  if (start.startsWith('[')) return 'json-array'
  return start !== '' && SSE_STARTS.some((field) => start.startsWith(field) || field.startsWith(start))
    ? 'sse'
    : undefined
}

/** One object over several lines, as no line of JSON begins. */
const OVER_LINES = /^\{[ \t]*\r?\n/

const SSE_STARTS = ['data:', 'event:', 'id:', 'retry:', ':']
