import { jsonLiteral } from '../json-literal.ts'

/** Numbers the events of one stream, from 0 and without gaps, over all attempts. */
export interface Frames {
  /** One SSE frame; `fields` without the type. */
  event(type: string, fields: object): string
  /** The same for many events that differ in one text: the frame around the JSON of that text. */
  repeated(type: string, fields: object, name: string, tail: object): (text: string) => string
}

export function frames(): Frames {
  let next = 0
  return {
    event(type, fields) {
      const json = JSON.stringify({ type, sequence_number: next, ...fields })
      next += 1
      return `event: ${type}\ndata: ${json}\n\n`
    },
    repeated(type, fields, name, tail) {
      const before = `event: ${type}\ndata: ${JSON.stringify({ type, ...fields }).slice(0, -1)},"${name}":`
      const behind = `${JSON.stringify({ ...tail }).slice(1, -1)}`
      const after = behind === '' ? ',"sequence_number":' : `,${behind},"sequence_number":`
      return (text) => {
        const frame = `${before}${jsonLiteral(text)}${after}${next}}\n\n`
        next += 1
        return frame
      }
    },
  }
}
