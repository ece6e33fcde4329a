export interface Event {
  /** The `event:` field, or the frame's `:event-type`. */
  name: string | undefined
  data: string
}

/** A whole body of server-sent events. A bare `{…}` in place of an event is an error that a server wrote into its stream. */
export function sseEvents(body: Buffer): Event[] {
  const text = body
    .toString()
    .replace(/^\uFEFF/, '')
    .replaceAll(/\r\n?/g, '\n')
  return text.split(/\n{2,}/).flatMap((block): Event[] => {
    const lines = block.split('\n')
    const field = (name: string) =>
      lines
        .filter((line) => line === name || line.startsWith(`${name}:`))
        .map((line) => line.slice(name.length + 1).replace(/^ /, ''))
    if (block.startsWith('{')) return [{ name: undefined, data: block }]
    const data = field('data')
    return data.every((line) => line.trim() === '') ? [] : [{ name: field('event').at(-1), data: data.join('\n') }]
  })
}

export function jsonLines(body: Buffer): Event[] {
  const lines = body.toString().split('\n')
  return lines.filter((line) => line.trim() !== '').map((data) => ({ name: undefined, data }))
}

/** Throws SyntaxError where the array is cut. */
export function jsonArray(body: Buffer): Event[] {
  const items = JSON.parse(body.toString().replace(/^\uFEFF/, '')) as unknown[]
  return items.map((item) => ({ name: undefined, data: JSON.stringify(item) }))
}

/** The frames of an AWS event stream that are whole, and whether bytes are left over. Exceptions are named `!type`. */
export function awsFrames(body: Buffer): { events: Event[]; rest: boolean } {
  const ends = awsFrameEnds(body)
  const events = ends.map((end, frame): Event => {
    const at = ends[frame - 1] ?? 0
    const headersEnd = at + 12 + body.readUInt32BE(at + 4)
    const headers = stringHeaders(body.subarray(at + 12, headersEnd))
    const exception = headers.get(':exception-type') ?? headers.get(':error-code')
    const name = exception === undefined ? headers.get(':event-type') : `!${exception}`
    return { name, data: body.toString('utf8', headersEnd, end - 4) }
  })
  return { events, rest: (ends.at(-1) ?? 0) < body.length }
}

/** Each frame tells its length first. */
export function awsFrameEnds(body: Buffer): number[] {
  const ends: number[] = []
  for (let at = 0; at + 4 <= body.length; ) {
    at += body.readUInt32BE(at)
    if (at <= body.length) ends.push(at)
  }
  return ends
}

function stringHeaders(bytes: Buffer): Map<string, string> {
  const headers = new Map<string, string>()
  for (let at = 0; at < bytes.length; ) {
    const nameEnd = at + 1 + bytes.readUInt8(at)
    if (bytes.readUInt8(nameEnd) !== 7) throw new Error('a header is not a string')
    const valueEnd = nameEnd + 3 + bytes.readUInt16BE(nameEnd + 1)
    headers.set(bytes.toString('utf8', at + 1, nameEnd), bytes.toString('utf8', nameEnd + 3, valueEnd))
    at = valueEnd
  }
  return headers
}
