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
 * The JSON of an event's data; undefined for comments and `[DONE]`.
 *
 * @param {string} frame
 * @returns {import('./model.js').Chunk | undefined}
 */
export function dataOf(frame) {
  if (!frame.startsWith('data: {')) return undefined
  return JSON.parse(frame.slice('data: '.length))
}
