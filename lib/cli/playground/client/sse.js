/**
 * Cuts a streamed body into server-sent events, as they stand on the wire and without the blank line between them.
 *
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} body
 */
export async function* framesOf(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    const frames = (text + value).split('\n\n')
    text = frames.pop() ?? ''
    yield* frames
  }
  if (text !== '') yield text
}

/**
 * An event's data; undefined for comments.
 *
 * @param {string} frame
 */
export function dataOf(frame) {
  const lines = frame.split('\n').filter((line) => line.startsWith('data: '))
  return lines.length === 0 ? undefined : lines.map((line) => line.slice('data: '.length)).join('\n')
}
