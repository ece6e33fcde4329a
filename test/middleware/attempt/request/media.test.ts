import assert from 'node:assert/strict'
import type { lookup } from 'node:dns'
import { once } from 'node:events'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { RequestError } from '../../../../lib/errors.ts'
import { type MediaOptions, mediaFetcher } from '../../../../lib/middleware/attempt/request/media.ts'
import { serve } from '../../../helpers/client.ts'
import { cleanup } from '../../../helpers/gateway.ts'
import { REFUSED_URL } from '../../../helpers/upstream.ts'

const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')
const IMAGE = { 'content-type': 'image/png' }
const LOOPBACK = { allowPrivateHosts: true }

type Handler = (req: IncomingMessage, res: ServerResponse) => void

describe('fetching media', () => {
  const opened = cleanup()

  function fetcher({ limits, ...options }: Partial<Omit<MediaOptions, 'limits'>> & { limits?: object } = {}) {
    return mediaFetcher({
      limits: { maxMediaBytes: 1000, mediaTimeout: 10_000, ...limits },
      hosts: LOOPBACK,
      signal: new AbortController().signal,
      ...options,
    })
  }

  /** A server by paths, with what it was asked. */
  async function server(paths: Record<string, Handler>) {
    const asked: IncomingMessage[] = []
    const handler: RequestListener = (req, res) => {
      asked.push(req)
      paths[req.url ?? '']?.(req, res)
    }
    return { ...(await opened(serve(handler))), asked }
  }

  const image: Handler = (_req, res) => res.writeHead(200, IMAGE).end(PNG)
  const redirect =
    (location: string, status = 302): Handler =>
    (_req, res) =>
      res.writeHead(status, { location }).end()

  async function refused(fetching: Promise<unknown>, reason: RegExp) {
    await assert.rejects(fetching, (error) => {
      assert.ok(error instanceof RequestError, String(error))
      const { status, param, code, message } = error.api
      assert.deepEqual({ status, param, code }, { status: 400, param: 'messages', code: 'invalid_image_url' })
      assert.match(message, reason)
      return true
    })
  }

  it('answers type and content', async () => {
    const { url } = await server({ '/a?b': image })
    const { mime, data } = await fetcher()(`${url}/a?b`)
    assert.deepEqual({ mime, data }, { mime: 'image/png', data: PNG.toString('base64') })
  })

  it('sends nothing that would tell of the client, nor what the URL holds of a login', async () => {
    const { url, asked } = await server({ '/': image })
    await fetcher()(url.replace('//', '//user:word@'))
    assert.deepEqual(asked[0]?.headers, {
      host: new URL(url).host,
      connection: 'close',
      accept: 'image/*, application/pdf',
      'accept-encoding': 'identity',
      'user-agent': 'streamgate',
    })
  })

  it('asks for a URL once, whoever wants it', async () => {
    const { url, asked } = await server({ '/': image, '/b': image })
    const fetchMedia = fetcher()
    await Promise.all([fetchMedia(url), fetchMedia(url), fetchMedia(`${url}/b`)])
    await fetchMedia(url)
    assert.deepEqual(asked.map((req) => req.url).sort(), ['/', '/b'])
  })

  describe('tells the type', () => {
    for (const [told, hex, expected] of [
      ['image/webp', 'ffd8ff', 'image/webp'],
      ['Image/PNG; charset=binary', '00', 'image/png'],
      ['application/pdf', '00', 'application/pdf'],
      [undefined, '89504e470d0a1a0a00', 'image/png'],
      ['application/octet-stream', 'ffd8ffe0', 'image/jpeg'],
      ['binary/octet-stream', '474946383961', 'image/gif'],
      ['text/plain', '52494646aabbccdd574542505650', 'image/webp'],
      ['', '255044462d312e37', 'application/pdf'],
    ] as const) {
      it(`${expected} where the server says ${told} and the content begins with ${hex}`, async () => {
        const { url } = await server({
          '/': (_req, res) => res.writeHead(200, told === undefined ? {} : { 'content-type': told }).end(unhex(hex)),
        })
        assert.equal((await fetcher()(url)).mime, expected)
      })
    }

    for (const [told, content] of [
      ['text/html', '<!doctype html>'],
      ['application/json', '{"secret":1}'],
      ['image', 'x'],
      ['application/octet-stream', ''],
      ['video/mp4', '....ftypisom'],
    ] as const) {
      it(`of none where the server says ${told} and the content begins with ${JSON.stringify(content)}`, async () => {
        const { url } = await server({
          '/': (_req, res) => res.writeHead(200, { 'content-type': told }).end(content),
        })
        await refused(fetcher()(url), /neither an image nor a PDF/)
      })
    }
  })

  describe('follows redirects', () => {
    for (const status of [301, 302, 303, 307, 308]) {
      it(`of status ${status}`, async () => {
        const { url } = await server({ '/': redirect('/a', status), '/a': image })
        assert.equal((await fetcher()(url)).mime, 'image/png')
      })
    }

    const chain = { '/': redirect('1'), '/1': redirect('2'), '/2': redirect('3'), '/4': image }
    it('three times', async () => {
      const { url } = await server({ ...chain, '/3': image })
      assert.equal((await fetcher()(url)).mime, 'image/png')
    })

    it('not a fourth time', async () => {
      const { url, asked } = await server({ ...chain, '/3': redirect('4') })
      await refused(fetcher()(url), /redirected more than 3 times/)
      assert.equal(asked.length, 4)
    })

    for (const [where, location] of [
      ['a metadata service', 'http://169.254.169.254/latest/meta-data/'],
      ['a metadata service by name', 'http://metadata.google.internal/'],
      ['another protocol', 'ftp://127.0.0.1/'],
      ['a file', 'file:///etc/passwd'],
    ] as const) {
      it(`not to ${where}`, async () => {
        const { url } = await server({ '/': redirect(location) })
        await refused(fetcher()(url), /its host may not be reached from here/)
      })
    }

    it('not to what is no URL', async () => {
      const { url } = await server({ '/': redirect('http://[') })
      await refused(fetcher()(url), /the exchange with its server failed/)
    })

    it('not to a name that leads to a metadata service', async () => {
      const { url } = await server({ '/': redirect('http://rebound.example/') })
      const hosts = { ...LOOPBACK, resolver: resolvesTo('169.254.169.254') }
      await refused(fetcher({ hosts })(url), /its host may not be reached from here/)
    })
  })

  describe('without leave for private hosts', () => {
    const hosts = { allowPrivateHosts: false }

    for (const host of ['127.0.0.1', 'localhost', '[::1]', '0x7f.1', '[::ffff:127.0.0.1]', 'x.internal']) {
      it(`does not ask ${host}`, async () => {
        const { url, asked } = await server({ '/': image })
        await refused(fetcher({ hosts })(url.replace('127.0.0.1', host)), /its host may not be reached from here/)
        assert.equal(asked.length, 0)
      })
    }

    it('does not ask a name that leads to a private address, and does not tell which', async () => {
      const { url, asked } = await server({ '/': image })
      const fetchMedia = fetcher({ hosts: { ...hosts, resolver: resolvesTo('127.0.0.1') } })
      const fetching = fetchMedia(url.replace('127.0.0.1', 'rebound.example'))
      await refused(fetching, /^The file at rebound\.example:\d+ could not be fetched: its host may not be reached/)
      assert.equal(asked.length, 0)
    })
  })

  it('asks the very address that was checked, though the name leads elsewhere a moment later', async () => {
    const { url, asked } = await server({ '/': image })
    const addresses = ['127.0.0.1', '169.254.169.254']
    const resolver = resolvesTo(() => addresses.shift() ?? '')
    await fetcher({ hosts: { ...LOOPBACK, resolver } })(url.replace('127.0.0.1', 'rebound.example'))
    assert.equal(asked.length, 1)
    assert.deepEqual(addresses, ['169.254.169.254'])
  })

  describe('takes no more than maxMediaBytes', () => {
    it('of a file whose length is told, of which nothing is read', async () => {
      const { url } = await server({
        '/': (_req, res) => res.writeHead(200, { ...IMAGE, 'content-length': 1001 }).flushHeaders(),
      })
      await refused(fetcher()(url), /maxMediaBytes \(1000\)/)
    })

    it('of a file whose length is not told, and closes it', async () => {
      let closed: Promise<unknown> | undefined
      const { url } = await server({
        '/': (_req, res) => {
          closed = once(res, 'close')
          res.writeHead(200, IMAGE)
          res.write(Buffer.alloc(600))
          res.write(Buffer.alloc(600))
        },
      })
      await refused(fetcher()(url), /maxMediaBytes \(1000\)/)
      await closed
    })

    it('of all files together', async () => {
      const half: Handler = (_req, res) => res.writeHead(200, IMAGE).end(Buffer.alloc(500))
      const { url } = await server({ '/a': half, '/b': half, '/c': half })
      const fetchMedia = fetcher()
      await Promise.all([fetchMedia(`${url}/a`), fetchMedia(`${url}/b`)])
      await refused(fetchMedia(`${url}/c`), /maxMediaBytes/)
    })

    it('of one file in many places', async () => {
      const { url } = await server({ '/': (_req, res) => res.writeHead(200, IMAGE).end(Buffer.alloc(500)) })
      const fetchMedia = fetcher()
      await Promise.all([fetchMedia(url), fetchMedia(url)])
      await refused(fetchMedia(url), /maxMediaBytes/)
    })
  })

  it('asks for no more than 100 URLs', async () => {
    const { url, asked } = await server(Object.fromEntries([...Array(101).keys()].map((n) => [`/${n}`, image])))
    const fetchMedia = fetcher({ limits: { maxMediaBytes: 10_000 } })
    await Promise.all([...Array(100).keys()].map((n) => fetchMedia(`${url}/${n}`)))
    await refused(fetchMedia(`${url}/100`), /more than 100 URLs/)
    await fetchMedia(`${url}/7`)
    assert.equal(asked.length, 100)
  })

  for (const [what, handler] of [
    ['no answer', () => {}],
    ['an answer that does not end', (_req, res) => res.writeHead(200, IMAGE).write(PNG)],
    ['a redirect to no answer', redirect('/never')],
  ] as [string, Handler][]) {
    it(`gives up on ${what} after mediaTimeout`, async () => {
      const { url } = await server({ '/': handler, '/never': () => {} })
      await refused(fetcher({ limits: { mediaTimeout: 60 } })(url), /longer than mediaTimeout \(60 ms\)/)
    })
  }

  it('ends with the signal, and with its reason', async () => {
    const controller = new AbortController()
    let closed: Promise<unknown> | undefined
    const { url } = await server({
      '/': (_req, res) => {
        closed = once(res, 'close')
        controller.abort(new Error('the client left'))
      },
    })
    await assert.rejects(fetcher({ signal: controller.signal })(url), { message: 'the client left' })
    await closed
  })

  for (const [what, handler, reason] of [
    ['a status', (_req, res) => res.writeHead(404).end(), /answered with status 404/],
    ['a redirect to nowhere', (_req, res) => res.writeHead(302).end(), /answered with status 302/],
    ['a part of it', (_req, res) => res.writeHead(206, IMAGE).end(PNG), /answered with status 206/],
    [
      'a compressed one',
      (_req, res) => res.writeHead(200, { ...IMAGE, 'content-encoding': 'gzip' }).end(PNG),
      /compresses it/,
    ],
    [
      'one that is cut',
      (_req, res) => {
        res.writeHead(200, { ...IMAGE, 'content-length': 20 })
        res.write(PNG, () => res.destroy())
      },
      /the exchange with its server failed/,
    ],
    ['no HTTP', (req) => req.socket.end('hello'), /the exchange with its server failed/],
  ] as [string, Handler, RegExp][]) {
    it(`refuses ${what}`, async () => {
      const { url } = await server({ '/': handler })
      await refused(fetcher()(url), reason)
    })
  }

  it('refuses where nobody listens', async () => {
    await refused(fetcher()(REFUSED_URL), /the exchange with its server failed/)
  })

  it('refuses what is no URL, without repeating it', async () => {
    await refused(fetcher()('https://[secret'), /^A file whose URL is not valid could not be fetched/)
  })

  it('tells the host of a URL, and not its query, which may be a key', async () => {
    const { url } = await server({ '/a?signature=s3cr3t': (_req, res) => res.writeHead(403).end() })
    await assert.rejects(fetcher()(`${url}/a?signature=s3cr3t`), ({ message }: Error) => {
      assert.equal(
        message,
        `The file at ${new URL(url).host} could not be fetched: its server answered with status 403.`,
      )
      return true
    })
  })
})

function unhex(text: string): Buffer {
  return Buffer.from(text, 'hex')
}

/** A resolver to which every name has one address. */
function resolvesTo(address: string | (() => string)): typeof lookup {
  return ((_name: string, _options: object, callback: (...result: unknown[]) => void) =>
    callback(null, [{ address: typeof address === 'string' ? address : address(), family: 4 }])) as typeof lookup
}
