import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import type { Transform } from 'node:stream'
import { createBrotliCompress, createDeflate, createGzip, createZstdCompress } from 'node:zlib'
import { chat } from '../helpers/client.ts'
import { cleanup, fallback, gateway, target } from '../helpers/gateway.ts'
import { answer, DONE, frame, ROLE, STOP, scripted, text } from '../helpers/upstream.ts'

const CODINGS: Record<string, () => Transform & { flush(done: () => void): void }> = {
  gzip: createGzip,
  br: createBrotliCompress,
  deflate: createDeflate,
  zstd: createZstdCompress,
}

/** Sends these pieces compressed, each flushed, without the end of the compressed body if `cut`. */
async function compressed(res: ServerResponse, coding: string, pieces: readonly string[], cut = false, status = 200) {
  res.writeHead(status, {
    'content-type': status === 200 ? 'text/event-stream' : 'application/json',
    'content-encoding': coding,
  })
  const stream = CODINGS[coding]?.() as Transform & { flush(done: () => void): void }
  stream.pipe(res, { end: false })
  for (const piece of pieces) {
    stream.write(piece)
    await new Promise<void>((resolve) => stream.flush(resolve))
  }
  if (cut) res.socket?.end()
  else stream.end(() => res.end())
}

describe('a body that comes compressed, although we asked for none', () => {
  const opened = cleanup()

  for (const coding of Object.keys(CODINGS)) {
    it(`is read in ${coding}`, async () => {
      const up = await opened(scripted((_req, res) => void compressed(res, coding, answer('fine ', 'day'))))
      const gate = await opened(gateway(target(up.url)))
      const result = await chat(gate.url)
      assert.equal(up.requests[0]?.headers['accept-encoding'], 'identity')
      assert.equal(result.headers['content-encoding'], undefined)
      assert.equal(result.text, 'fine day')
      assert.equal(result.done, true)
    })

    it(`and cut in ${coding} is a cut stream, rescued by another target`, async () => {
      const pieces = [ROLE, text('fine '), text('d')]
      const bad = await opened(scripted((_req, res) => void compressed(res, coding, pieces, true)))
      const good = await opened(scripted({ chunks: answer('fine day') }))
      const gate = await opened(gateway(fallback(target(bad.url), target(good.url))))
      const result = await chat(gate.url)
      assert.equal(result.text, 'fine day')
      assert.equal(gate.attempts[0]?.failure?.kind, 'truncated')
      const alone = await opened(gateway(target(bad.url)))
      const lost = await chat(alone.url)
      assert.deepEqual(lost.finish, [])
      assert.equal(lost.done, false)
    })

    it(`and is complete but for the end of ${coding} is whole`, async () => {
      const up = await opened(
        scripted((_req, res) => void compressed(res, coding, [ROLE, text('fine'), STOP, DONE], true)),
      )
      const gate = await opened(gateway(target(up.url)))
      assert.equal((await chat(gate.url)).done, true)
    })

    it(`tells its own error in ${coding}, though it is cut behind it`, async () => {
      const error = frame({ error: { message: 'Overloaded', type: 'server_error', code: 'overloaded' } })
      const up = await opened(scripted((_req, res) => void compressed(res, coding, [ROLE, text('fine'), error], true)))
      const gate = await opened(gateway(target(up.url)))
      assert.equal((await chat(gate.url)).frames.at(-1)?.error?.code, 'overloaded')
      assert.equal(gate.attempts[0]?.failure?.kind, 'in-band')
    })

    it(`is read in ${coding} for errors as far as it came, and not waited for when it was cut`, async () => {
      const error = JSON.stringify({ error: { message: 'Slow down', type: 'x', code: 'slow_down' } })
      const up = await opened(scripted((_req, res) => void compressed(res, coding, [error], true, 429)))
      // Longer than a test may take.
      const gate = await opened(gateway(target(up.url), { limits: { errorBodyTimeout: 60_000 } }))
      assert.equal(JSON.parse((await chat(gate.url)).body).error.message, 'Slow down')
    })

    it(`is read in ${coding} for errors too`, async () => {
      const error = JSON.stringify({ error: { message: 'Slow down', type: 'x', code: 'slow_down' } })
      const up = await opened(scripted((_req, res) => void compressed(res, coding, [error], false, 429)))
      const gate = await opened(gateway(target(up.url)))
      const result = await chat(gate.url)
      assert.equal(result.status, 429)
      assert.equal(JSON.parse(result.body).error.message, 'Slow down')
    })
  }
})
