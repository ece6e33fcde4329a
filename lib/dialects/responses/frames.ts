import type { NativeEvent } from '../../types/provider.ts'
import { jsonLiteral } from '../json-literal.ts'

/** Numbers the events of one stream, from 0 and without gaps, over all attempts. */
export interface Frames {
  /** One SSE frame; `fields` without the type. */
  event(type: string, fields: object): string
  /** The same for many events that differ in one text: the frame around the JSON of that text. */
  repeated(type: string, fields: object, name: string, tail: object): (text: string) => string
  /** The frame of a provider's own event. It keeps its number, unless events of ours stand before it. */
  passed(event: NativeEvent): string
}

/** Not one within a text, where quotes are escaped. */
const NUMBER = /(?<!\\)"sequence_number":\s*(\d+)/

export function frames(): Frames {
  let next = 0
  /** Events of ours among a provider's own. */
  let added = 0
  let passing = false

  const take = (): number => {
    if (passing) added += 1
    next += 1
    return next - 1
  }

  return {
    event: (type, fields) =>
      `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: take(), ...fields })}\n\n`,
    repeated(type, fields, name, tail) {
      const before = `event: ${type}\ndata: ${JSON.stringify({ type, ...fields }).slice(0, -1)},"${name}":`
      const behind = JSON.stringify(tail).slice(1, -1)
      const after = behind === '' ? ',"sequence_number":' : `,${behind},"sequence_number":`
      return (text) => `${before}${jsonLiteral(text)}${after}${take()}}\n\n`
    },
    passed({ event, data }) {
      passing = true
      const own = NUMBER.exec(data)?.[1]
      const number = (own === undefined ? next : Number(own)) + added
      next = number + 1
      const numbered = added === 0 || own === undefined ? data : data.replace(NUMBER, `"sequence_number":${number}`)
      return `event: ${event}\n${dataLines(numbered)}\n`
    },
  }
}

function dataLines(data: string): string {
  if (!data.includes('\n')) return `data: ${data}\n`
  return data
    .split('\n')
    .map((line) => `data: ${line}\n`)
    .join('')
}
