import assert from 'node:assert/strict'
import { once } from 'node:events'
import http, { type IncomingMessage, type RequestListener } from 'node:http'
import { brotliCompressSync, constants, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { UpstreamError } from '../../../../lib/errors.ts'
import { decompression, readStart } from '../../../../lib/middleware/attempt/response/decompression.ts'
import { serve } from '../../../helpers/client.ts'
import { turn } from '../../../helpers/stages.ts'

type Server = Awaited<ReturnType<typeof serve>>
const LONG = 60_000

describe('the body of a response', () => {
  let server: Server | undefined

  async function get(handler: RequestListener): Promise<IncomingMessage> {
    server = await serve(handler)
    const request = http.get(server.url, { agent: false })
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    return response
  }
  afterEach(async () => {
    await server?.close()
    server = undefined
  })

  describe('is decompressed', () => {
    const text = 'data: é🦢\n\n'.repeat(100)
    const codings: [coding: string | undefined, body: string | Buffer][] = [
      [undefined, text],
      ['', text],
      ['identity', text],
      [' Identity ', text],
      ['gzip', gzipSync(text)],
      ['x-gzip', gzipSync(text)],
      ['GZIP', gzipSync(text)],
      ['br', brotliCompressSync(text)],
      ['deflate', deflateSync(text)],
      ['zstd', zstdCompressSync(text)],
    ]
    for (const [coding, body] of codings) {
      it(`with content-encoding ${JSON.stringify(coding)}`, async () => {
        const response = await get((_req, res) => {
          if (coding !== undefined) res.setHeader('content-encoding', coding)
          res.end(body)
        })
        const stages = decompression(response.headers['content-encoding'])
        const out = stages.reduce<NodeJS.ReadableStream>((from, to) => from.pipe(to), response)
        assert.equal(await readStart(out as IncomingMessage, 10_000, LONG), text)
      })
    }

    const unfinished: Record<string, Buffer> = {
      gzip: gzipSync(text, { finishFlush: constants.Z_SYNC_FLUSH }),
      br: brotliCompressSync(text, { finishFlush: constants.BROTLI_OPERATION_FLUSH }),
      deflate: deflateSync(text, { finishFlush: constants.Z_SYNC_FLUSH }),
      zstd: zstdCompressSync(text, { finishFlush: constants.ZSTD_e_flush }),
    }
    for (const [coding, body] of Object.entries(unfinished)) {
      it(`with content-encoding ${coding} as far as it came, where its end is missing`, async () => {
        const response = await get((_req, res) => res.setHeader('content-encoding', coding).end(body))
        const [stage] = decompression(response.headers['content-encoding'])
        assert.ok(stage)
        assert.equal(Buffer.concat(await response.pipe(stage).toArray()).toString(), text)
      })
    }

    for (const coding of ['compress', 'gzip, br', 'nonsense']) {
      it(`never with content-encoding ${coding}, which is malformed`, async () => {
        const response = await get((_req, res) => res.setHeader('content-encoding', coding).end('x'))
        assert.throws(
          () => decompression(response.headers['content-encoding']),
          (error: unknown) => error instanceof UpstreamError && error.kind === 'malformed',
        )
        response.resume()
      })
    }
  })

  describe('read from its start', () => {
    it('is whole if it is short', async () => {
      const response = await get((_req, res) => res.end('{"error":"no"}'))
      assert.equal(await readStart(response, 100, LONG), '{"error":"no"}')
    })

    it('is empty if there is none', async () => {
      assert.equal(await readStart(await get((_req, res) => res.end()), 100, LONG), '')
    })

    it('is cut at the limit, though the body never ends', async () => {
      const response = await get((_req, res) => {
        const write = () => {
          while (!res.destroyed && res.write('x'.repeat(1000)));
          res.once('drain', write)
        }
        write()
      })
      assert.equal(await readStart(response, 2500, LONG), 'x'.repeat(2500))
      response.destroy()
    })

    it('is what has come when the time is up', async () => {
      const response = await get((_req, res) => res.write('part'))
      await once(response, 'readable')
      assert.equal(await readStart(response, 100, 1), 'part')
    })

    it('is what has come when the connection breaks', async () => {
      const response = await get((_req, res) => {
        res.setHeader('content-length', 100)
        res.write('part', () => res.socket?.destroy())
      })
      assert.equal(await readStart(response, 100, LONG), 'part')
    })

    it('is what has come when we close it', async () => {
      const response = await get((_req, res) => res.write('part'))
      response.once('data', () => response.destroy())
      assert.equal(await readStart(response, 100, LONG), 'part')
    })

    it('is empty if it cannot be decompressed', async () => {
      const response = await get((_req, res) => res.setHeader('content-encoding', 'gzip').end('not gzip'))
      const [stage] = decompression(response.headers['content-encoding'])
      assert.ok(stage)
      assert.equal(await readStart(response.pipe(stage), 100, LONG), '')
      await turn()
    })
  })
})
