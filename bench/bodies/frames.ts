export type Framing = 'sse' | 'json-lines' | 'json-array' | 'aws-eventstream'

/** Cuts a whole body into its events; all of them together are the body again. */
export function framesOf(framing: Framing, body: Buffer): Buffer[] {
  switch (framing) {
    case 'sse':
      return cutBehind(body, /(\r\n\r\n|\n\n|\r\r)+/g)
    case 'json-lines':
      return cutBehind(body, /\n+/g)
    case 'json-array':
      return elements(body)
    case 'aws-eventstream':
      return awsFrames(body)
  }
}

function cutBehind(body: Buffer, mark: RegExp): Buffer[] {
  const frames: Buffer[] = []
  let from = 0
  for (const { index, 0: found } of body.toString('latin1').matchAll(mark)) {
    frames.push(body.subarray(from, index + found.length))
    from = index + found.length
  }
  return from < body.length ? [...frames, body.subarray(from)] : frames
}

/** Each with what stands before it; the last one with the rest. */
function elements(body: Buffer): Buffer[] {
  const ends: number[] = []
  let depth = 0
  for (const { index, 0: token } of body.toString('latin1').matchAll(/"(?:[^"\\]|\\.)*"|[{}]/gs)) {
    if (token === '{') depth += 1
    else if (token === '}') {
      depth -= 1
      if (depth === 0) ends.push(index + 1)
    }
  }
  return ends.map((end, n) => body.subarray(ends[n - 1] ?? 0, n === ends.length - 1 ? body.length : end))
}

function awsFrames(body: Buffer): Buffer[] {
  const frames: Buffer[] = []
  for (let at = 0; at < body.length; ) {
    const length = body.readUInt32BE(at)
    frames.push(body.subarray(at, at + length))
    at += length
  }
  return frames
}
