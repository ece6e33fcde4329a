import assert from 'node:assert/strict'
import { brotliCompressSync } from 'node:zlib'
import { chat, HELLO } from '../helpers/client.ts'
import { cleanup, fallback, gateway, target } from '../helpers/gateway.ts'
import { answer, frame, type Reply, scripted } from '../helpers/upstream.ts'

const piece = (text: string, more: object = {}) => ({ candidates: [{ content: { parts: [{ text }] }, ...more }] })
const PIECES = [piece('a '), piece('whole '), piece('answer', { finishReason: 'STOP' })]
const ARRAY = JSON.stringify(PIECES)
const ERROR = { error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' } }
const as = (type: string, more: Record<string, string> = {}) => ({ headers: { 'content-type': type, ...more } })
const STREAM = as('text/event-stream')

/** A server of Gemini's that does not know `alt=sse` sends a JSON array, under whatever type. */
describe('a JSON array in place of a stream', () => {
  const opened = cleanup()
  const google = (custom_host: string) => ({ provider: 'google', api_key: 'k', custom_host })

  async function ask(reply: Reply) {
    const up = await opened(scripted(reply))
    const other = await opened(scripted({ chunks: answer('another') }))
    const gate = await opened(gateway(fallback(google(up.url), target(other.url))))
    return { ...(await chat(gate.url)), failure: gate.attempts[0]?.failure }
  }

  for (const [name, reply] of Object.entries({
    'under the type of a stream': { ...STREAM, chunks: [ARRAY] },
    'under its own type': { ...as('application/json'), chunks: [ARRAY] },
    'under none': { headers: {}, chunks: [ARRAY] },
    'behind white space and a byte order mark': { ...STREAM, chunks: [`\uFEFF\r\n ${ARRAY}\n`] },
    'in pieces': { ...STREAM, chunks: Array.from(ARRAY.match(/.{1,40}/g) ?? []) },
  } as Record<string, Reply>)) {
    it(`is read ${name}`, async () => {
      const { text, done, finish } = await ask(reply)
      assert.deepEqual([text, done, finish], ['a whole answer', true, ['stop']])
    })
  }

  it('is not looked for where a stream comes', async () => {
    for (const headers of [STREAM.headers, {}]) {
      assert.equal((await ask({ headers, chunks: PIECES.map(frame) })).text, 'a whole answer')
    }
  })

  it('is not looked for in a compressed body, which is read as a stream', async () => {
    // Brotli's first byte can look like the start of an array.
    const body = brotliCompressSync(`: ${'.'.repeat(100_000)}\n\n${PIECES.map(frame).join('')}`)
    assert.equal(body[0], '['.charCodeAt(0))
    const { text } = await ask({ ...as('text/event-stream', { 'content-encoding': 'br' }), chunks: [body] })
    assert.equal(text, 'a whole answer')
  })

  for (const [name, reply, kind] of [
    ['that is cut', { ...STREAM, chunks: [ARRAY.slice(0, -1)] }, 'truncated'],
    ['that is cut and reset', { ...STREAM, chunks: [ARRAY.slice(0, -1)], finish: 'reset' }, 'truncated'],
    ['of an error', { ...STREAM, chunks: [JSON.stringify([ERROR])] }, 'in-band'],
    ['that is none but an error', { ...STREAM, chunks: [JSON.stringify(ERROR)] }, 'in-band'],
    ['that is empty', { ...STREAM, chunks: ['[]'] }, 'truncated'],
    ['whose body is empty', STREAM, 'truncated'],
    ['whose body is white space', { ...STREAM, chunks: [' \n'] }, 'truncated'],
    ['whose body is reset at once', { ...STREAM, finish: 'reset' }, 'truncated'],
  ] as [string, Reply, string][]) {
    it(`${name} is a failed attempt`, async () => {
      const { done, failure } = await ask(reply)
      assert.deepEqual([done, failure?.kind], [true, kind])
    })
  }

  it('is no answer to an error of HTTP', async () => {
    const up = await opened(scripted({ status: 503, ...STREAM, chunks: [JSON.stringify([ERROR])] }))
    const gate = await opened(gateway(google(up.url)))
    const result = await chat(gate.url, { ...HELLO, stream: false })
    assert.equal(result.status, 503)
    assert.match(JSON.parse(result.body).error.message, /overloaded/)
  })
})
