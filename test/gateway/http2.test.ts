import assert from 'node:assert/strict'
import { once } from 'node:events'
import http2, { type ClientHttp2Session, type ClientHttp2Stream, type IncomingHttpHeaders } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { text as readText } from 'node:stream/consumers'
import {
  type Outcome,
  type StreamgateConfig,
  type StreamgateRequest,
  type StreamgateResponse,
  streamgate,
} from '../../lib/index.ts'
import { HELLO, parse } from '../helpers/client.ts'
import { cleanup, target } from '../helpers/gateway.ts'
import { answer, ROLE, scripted, text } from '../helpers/upstream.ts'

describe('over HTTP/2', () => {
  const opened = cleanup()

  /** A server of `node:http2` around streamgate, and a connection to it. */
  async function connected(config: StreamgateConfig) {
    const ended = Promise.withResolvers<Outcome>()
    const gate = streamgate(config, { onFinish: ended.resolve })
    const server = http2.createServer((req, res) =>
      gate(req as unknown as StreamgateRequest, res as unknown as StreamgateResponse),
    )
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const session: ClientHttp2Session = http2.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    return {
      ended: ended.promise,
      ask(): ClientHttp2Stream {
        const stream = session.request({ ':method': 'POST', ':path': '/v1/chat/completions' })
        stream.on('error', () => {})
        stream.end(JSON.stringify(HELLO))
        return stream
      },
      async close() {
        session.destroy()
        server.close()
        await once(server, 'close')
        gate.close()
      },
    }
  }

  it('it streams', async () => {
    const up = await opened(scripted({ chunks: answer('fine ', 'day') }))
    const stream = (await opened(connected(target(up.url)))).ask()
    const [headers] = (await once(stream, 'response')) as [IncomingHttpHeaders]
    assert.equal(headers[':status'], 200)
    const { text: said, done } = parse(await readText(stream))
    assert.deepEqual([said, done], ['fine day', true])
  })

  it('it answers with a status', async () => {
    const up = await opened(scripted({ status: 429, chunks: ['{}'] }))
    const stream = (await opened(connected(target(up.url)))).ask()
    const [headers] = (await once(stream, 'response')) as [IncomingHttpHeaders]
    assert.equal(headers[':status'], 429)
    assert.equal(JSON.parse(await readText(stream)).error.code, 'rate_limit_exceeded')
  })

  const PHASES: Record<string, string[]> = {
    'before the first content': [ROLE],
    'in mid-stream': [ROLE, text('Hel')],
  }
  for (const [phase, chunks] of Object.entries(PHASES)) {
    it(`a client that leaves ${phase} stops the provider`, async () => {
      const up = await opened(scripted({ chunks, finish: 'hang' }))
      const server = await opened(connected(target(up.url)))
      const stream = server.ask()
      const recorded = await up.request(0)
      if (chunks.length > 1) await once(stream, 'data')
      stream.close(http2.constants.NGHTTP2_CANCEL)
      await recorded.closed
      assert.equal((await server.ended).outcome, 'aborted')
    })
  }

  it('a client that does not read pauses the provider', async () => {
    const piece = text('x'.repeat(64 * 1024))
    let written = 0
    const stuck = Promise.withResolvers<void>()
    const flood = await opened(
      scripted((_req, res) => {
        res.writeHead(200, { 'content-type': 'text/event-stream' })
        let waiting: NodeJS.Timeout | undefined
        const pour = () => {
          clearTimeout(waiting)
          while (written < 1024 ** 3) {
            written += piece.length
            if (!res.write(piece)) break
          }
          waiting = setTimeout(stuck.resolve, 500)
        }
        res.on('drain', pour)
        res.on('close', () => clearTimeout(waiting))
        pour()
      }),
    )
    const stream = (await opened(connected(target(flood.url)))).ask()
    await stuck.promise
    assert.ok(written < 64 * 1024 ** 2, `${written} bytes were taken from the upstream`)
    stream.destroy()
  })
})
