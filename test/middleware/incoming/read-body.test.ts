import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import { RequestError } from '../../../lib/errors.ts'
import { readBody } from '../../../lib/middleware/incoming/read-body.ts'
import { DEFAULT_LIMITS } from '../../../lib/options.ts'
import { serve } from '../../helpers/client.ts'

describe('readBody', () => {
  interface Sent {
    headers?: Record<string, string>
    /** What stands before streamgate. */
    before?: (req: http.IncomingMessage & { body?: unknown }) => Promise<void> | void
    limit?: number
    /** Written, and then the client leaves. */
    leave?: boolean
  }

  /** Posts a body to a server that reads it: the value, or what was thrown, and the status that the client saw. */
  async function post(pieces: readonly (string | Buffer)[], { headers = {}, before, limit = 1000, leave }: Sent = {}) {
    let report = (_result: { value?: unknown; error?: unknown }) => {}
    const result = new Promise<{ value?: unknown; error?: unknown }>((resolve) => {
      report = resolve
    })
    const server = await serve(async (req, res) => {
      try {
        await before?.(req)
        report({
          value: (await readBody(req, { maxRequestBytes: limit, maxRequestValues: 9, maxRequestLevels: 4 })).value,
        })
      } catch (error) {
        report({ error })
      }
      if (!res.destroyed) res.writeHead(200, { connection: 'close' }).end('answered')
    })
    try {
      const request = http.request(server.url, { method: 'POST', agent: false, headers })
      const answered = leave ? undefined : once(request, 'response')
      request.on('error', () => {})
      for (const piece of pieces) await new Promise((resolve) => request.write(piece, resolve))
      if (leave) request.destroy()
      else request.end()
      const response = (await answered)?.[0] as http.IncomingMessage | undefined
      response?.resume()
      return { ...(await result), status: response?.statusCode }
    } finally {
      await server.close()
    }
  }

  async function drain(req: http.IncomingMessage): Promise<string> {
    return (await req.setEncoding('utf8').toArray()).join('')
  }

  const values: Record<string, [pieces: (string | Buffer)[], sent: Sent, value: unknown]> = {
    'that comes whole': [['{"a":1}'], {}, { a: 1 }],
    'that comes in pieces, cut inside a character': [
      [Buffer.from('{"a":"é'), ...Array.from(Buffer.from('🦢'), (byte) => Buffer.of(byte)), '"}'].map((piece) =>
        Buffer.from(piece),
      ),
      {},
      { a: 'é🦢' },
    ],
    'that is any JSON': [['[null]'], {}, [null]],
    'said to be as it is': [['{}'], { headers: { 'content-encoding': ' Identity' } }, {}],
    'of exactly the limit': [['{"a":12}'], { limit: 8 }, { a: 12 }],
    'each byte of which is a piece of its own': [
      [...JSON.stringify({ a: 'b'.repeat(600) })],
      {},
      { a: 'b'.repeat(600) },
    ],
    'that a parser has read': [
      ['{"a":1}'],
      {
        before: async (req) => {
          req.body = JSON.parse(await drain(req))
        },
      },
      { a: 1 },
    ],
    'that a parser has read as text': [
      ['{"a":1}'],
      {
        before: async (req) => {
          req.body = await drain(req)
        },
      },
      { a: 1 },
    ],
    'that a parser has read as bytes': [
      ['{"a":1}'],
      {
        before: async (req) => {
          req.body = Buffer.from(await drain(req))
        },
      },
      { a: 1 },
    ],
    'that a parser has decompressed': [
      ['?'],
      {
        headers: { 'content-encoding': 'gzip' },
        before: async (req) => {
          await drain(req)
          req.body = { a: 1 }
        },
      },
      { a: 1 },
    ],
    'that a parser left unread, with an empty body as Express 4 does': [
      ['{"a":1}'],
      {
        before: (req) => {
          req.body = {}
        },
      },
      { a: 1 },
    ],
  }
  for (const [name, [pieces, sent, value]] of Object.entries(values)) {
    it(`reads a body ${name}`, async () => {
      const result = await post(pieces, sent)
      assert.deepEqual([result.error, result.value], [undefined, value])
    })
  }

  const errors: Record<string, [pieces: string[], sent: Sent, status: number, code: string | null, message: RegExp]> = {
    'that is not JSON': [['{"a":'], {}, 400, null, /could not parse the JSON/],
    'that is empty': [[], {}, 400, null, /could not parse the JSON/],
    'over the limit': [['{"a":', '123}'], { limit: 8 }, 413, 'request_too_large', /larger than 8 bytes/],
    'of too many values, when it has all come': [['[1,1,1,1,1,', '1,1,1,1,1]'], {}, 400, null, /more than 9 values/],
    'that nests too deep': [['[[[[[', ']]]]]'], {}, 400, null, /nested too deep, at most 4 levels/],
    'of too many values behind a long text': [
      [`["${'[,\\"'.repeat(80_000)}`, `${'[,\\"'.repeat(80_000)}",1,1,1,1,1`, ',1,1,1,1]'],
      { limit: 1e6 },
      ...([400, null, /more than 9 values/] as const),
    ],
    'that nests too deep in front of a long text': [
      [`[[[[["${'a'.repeat(300_000)}"]]]]]`],
      { limit: 1e6 },
      ...([400, null, /nested too deep/] as const),
    ],
    'that a parser has read, of too many values': [
      ['[1,1,1,1,1,1,1,1,1,1]'],
      {
        before: async (req) => {
          req.body = JSON.parse(await drain(req))
        },
      },
      ...([400, null, /more than 9 values/] as const),
    ],
    'that a parser has read as text, of too many values': [
      ['[1,1,1,1,1,1,1,1,1,1]'],
      {
        before: async (req) => {
          req.body = await drain(req)
        },
      },
      400,
      null,
      /more than 9 values/,
    ],
    'that is compressed': [['x'], { headers: { 'content-encoding': 'gzip' } }, 415, null, /'gzip'/],
    'that was read and is lost': [
      ['{"a":1}'],
      {
        before: async (req) => {
          await drain(req)
        },
      },
      400,
      null,
      /left no req\.body/,
    ],
    'that a parser has read as text that is not JSON': [
      ['x'],
      {
        before: async (req) => {
          req.body = await drain(req)
        },
      },
      400,
      null,
      /could not parse the JSON/,
    ],
  }
  for (const [name, [pieces, sent, status, code, message]] of Object.entries(errors)) {
    it(`refuses a body ${name}, and the client can still be answered`, async () => {
      const result = await post(pieces, sent)
      assert.ok(result.error instanceof RequestError)
      assert.deepEqual([result.error.api.status, result.error.api.code], [status, code])
      assert.match(result.error.message, message)
      assert.equal(result.status, 200)
    })
  }

  it('does not wait for the rest of what is too large, and leaves the connection for the answer', async () => {
    let seen: unknown[] = []
    const server = await serve(async (req, res) => {
      const thrown = await readBody(req, { ...DEFAULT_LIMITS, maxRequestBytes: 8 }).catch((error: unknown) => error)
      seen = [thrown instanceof RequestError, req.destroyed, req.socket?.destroyed]
      res.writeHead(413, { connection: 'close' }).end()
    })
    try {
      const request = http.request(server.url, { method: 'POST', agent: false, headers: { 'content-length': 1000 } })
      request.on('error', () => {})
      request.write('{"a":123}')
      const [response] = (await once(request, 'response')) as [http.IncomingMessage]
      assert.equal(response.statusCode, 413)
      assert.deepEqual(seen, [true, false, false])
      request.destroy()
    } finally {
      await server.close()
    }
  })

  it('rejects with the connection’s error when the client leaves', async () => {
    const { error } = await post(['{"a":'], { leave: true })
    assert.equal((error as NodeJS.ErrnoException).code, 'ECONNRESET')
  })
})
