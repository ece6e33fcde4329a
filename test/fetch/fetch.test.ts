import assert from 'node:assert/strict'
import type http from 'node:http'
import { createFetch, type FetchOptions, type Outcome } from '../../lib/index.ts'
import { HELLO, parse } from '../helpers/client.ts'
import { cleanup, target } from '../helpers/gateway.ts'
import { answer, DONE, REFUSED_URL, type Reply, ROLE, STOP, scripted, text } from '../helpers/upstream.ts'

const URL_OF_CHAT = 'http://streamgate.test/v1/chat/completions'
const ASKED = { method: 'POST', body: JSON.stringify(HELLO) }
const FOLDED = { method: 'POST', body: JSON.stringify({ ...HELLO, stream: false }) }

describe('createFetch', () => {
  const opened = cleanup()

  async function provider(...replies: (Reply | http.RequestListener)[]) {
    return opened(scripted(...(replies.length > 0 ? replies : [{ chunks: answer('fine ', 'day') }])))
  }

  /** A fetch that is closed after the test, and the outcomes of its requests. */
  async function fetchTo(url: string, options: FetchOptions = {}) {
    const outcomes: Outcome[] = []
    const ended = Promise.withResolvers<Outcome>()
    const fetch = createFetch(target(url), {
      ...options,
      onFinish(outcome) {
        outcomes.push(outcome)
        ended.resolve(outcome)
      },
    })
    await opened(Promise.resolve({ close: async () => fetch.close() }))
    return Object.assign((...args: Parameters<typeof fetch>) => fetch(...args), { outcomes, ended: ended.promise })
  }

  it('answers a Response whose body is a stream of events', async () => {
    const fetch = await fetchTo((await provider()).url)
    const response = await fetch(URL_OF_CHAT, ASKED)
    assert.ok(response instanceof Response)
    assert.equal(response.ok, true)
    assert.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8')
    assert.ok(response.body instanceof ReadableStream)
    const { text, done } = parse(await response.text())
    assert.deepEqual([text, done], ['fine day', true])
  })

  describe('takes', () => {
    const FORMS: Record<string, () => [input: string | URL | Request, init?: RequestInit]> = {
      'a string and an init': () => [URL_OF_CHAT, FOLDED],
      'a URL': () => [new URL(URL_OF_CHAT), FOLDED],
      'a Request': () => [new Request(URL_OF_CHAT, FOLDED)],
      'a Request whose body the init replaces': () => [new Request(URL_OF_CHAT, { ...FOLDED, body: 'x' }), FOLDED],
      'a method in small letters': () => [URL_OF_CHAT, { ...FOLDED, method: 'post' }],
      'a query, and a slash at the end': () => [`${URL_OF_CHAT}/?api-version=1`, FOLDED],
      'a path of any depth': () => ['https://x.test/a/b/chat/completions', FOLDED],
      bytes: () => [URL_OF_CHAT, { ...FOLDED, body: new TextEncoder().encode(FOLDED.body) }],
      'a Blob': () => [URL_OF_CHAT, { ...FOLDED, body: new Blob([FOLDED.body]) }],
      'a stream': () => [
        URL_OF_CHAT,
        {
          ...FOLDED,
          body: new Blob([FOLDED.body]).stream(),
        },
      ],
      'headers in pairs': () => [URL_OF_CHAT, { ...FOLDED, headers: [['X-Told', 'yes']] }],
      'a second argument that is no init, as frameworks give one': () => [
        new Request(URL_OF_CHAT, FOLDED),
        { params: Promise.resolve({}) } as RequestInit,
      ],
    }
    for (const [name, form] of Object.entries(FORMS)) {
      it(name, async () => {
        const fetch = await fetchTo((await provider()).url)
        const response = await fetch(...form())
        assert.equal(response.status, 200)
        const { choices } = (await response.json()) as { choices: { message: { content: string } }[] }
        assert.equal(choices[0]?.message.content, 'fine day')
      })
    }
  })

  it('keeps the query: a page of the models is the one that was asked for', async () => {
    const config = {
      provider: 'openai',
      custom_host: 'http://localhost:1',
      models: { a: 'x', b: 'y', c: 'z' },
    } as const
    const fetch = createFetch(config)
    await opened(Promise.resolve({ close: async () => fetch.close() }))
    const headers = { 'anthropic-version': '2023-06-01' }
    const page = await fetch('http://streamgate.test/some/v1/models?limit=1&after_id=a', { headers })
    const { data, has_more } = (await page.json()) as { data: { id: string }[]; has_more: boolean }
    assert.deepEqual([data.map(({ id }) => id), has_more], [['b'], true])
  })

  it('answers what is not there in the words of the path', async () => {
    const fetch = await fetchTo((await provider()).url)
    const missing = await fetch('http://streamgate.test/v1/messages?a=b', { method: 'PUT' })
    const { error } = (await missing.json()) as { error: { type: string; message: string } }
    assert.deepEqual([missing.status, error.type], [404, 'not_found_error'])
    assert.match(error.message, /PUT \/v1\/messages\. Use POST/)
  })

  it('gives a bearer token and forwarded headers as the middleware does', async () => {
    const up = await provider()
    const { api_key: _, ...keyless } = target(up.url, { forward_headers: ['x-told'] })
    const fetch = createFetch(keyless)
    await (
      await fetch(URL_OF_CHAT, {
        ...ASKED,
        headers: { Authorization: 'Bearer sk-mine', 'X-Told': 'yes', cookie: 'no' },
      })
    ).text()
    const { headers } = await up.request(0)
    assert.deepEqual([headers.authorization, headers['x-told'], headers.cookie], ['Bearer sk-mine', 'yes', undefined])
    fetch.close()
  })

  describe('what is of no dialect', () => {
    const OTHERS: [string, string][] = [
      ['POST', '/v1/moderations'],
      ['POST', '/v1/chat/completions/chatcmpl-1'],
      ['POST', '/v1/threads/t_1/messages'],
      ['POST', '/v1/fim/completions'],
    ]
    for (const [method, path] of OTHERS) {
      it(`is a 404 that says so: ${method} ${path}`, async () => {
        const up = await provider()
        const fetch = await fetchTo(up.url)
        const response = await fetch(`http://x.test${path}`, { method })
        assert.equal(response.status, 404)
        const { error } = (await response.json()) as { error: { message: string; type: string } }
        assert.deepEqual(error, {
          message: `There is nothing at ${method} ${path}.`,
          type: 'invalid_request_error',
          param: null,
          code: null,
        })
        assert.equal(up.requests.length, 0)
      })
    }

    it('goes to next as it came, and chat completions do not', async () => {
      const asked: unknown[][] = []
      const fetch = await fetchTo((await provider()).url, {
        next: async (...args) => {
          asked.push(args)
          return new Response('next')
        },
      })
      const init = { method: 'POST', body: '{}' }
      assert.equal(await (await fetch('http://x.test/v1/moderations', init)).text(), 'next')
      assert.deepEqual(asked, [['http://x.test/v1/moderations', init]])
      assert.equal(parse(await (await fetch(URL_OF_CHAT, ASKED)).text()).done, true)
      assert.equal(asked.length, 1)
    })
  })

  describe('errors', () => {
    it('before the first content are Responses with a status and an envelope', async () => {
      const busy = await provider({ status: 429, headers: { 'retry-after': '7' }, chunks: ['{}'] })
      const fetch = await fetchTo(busy.url)
      const response = await fetch(URL_OF_CHAT, ASKED)
      assert.equal(response.status, 429)
      assert.equal(response.headers.get('retry-after'), '7')
      const { error } = (await response.json()) as { error: { code: string } }
      assert.equal(error.code, 'rate_limit_exceeded')
    })

    it('of the connection to a provider are Responses as well', async () => {
      const fetch = await fetchTo(REFUSED_URL)
      const response = await fetch(URL_OF_CHAT, ASKED)
      assert.equal(response.status, 502)
      assert.match(await response.text(), /upstream_unreachable/)
    })

    it('that no retry can help against say so', async () => {
      const fetch = await fetchTo((await provider({ status: 401, chunks: ['{}'] })).url)
      const response = await fetch(URL_OF_CHAT, ASKED)
      assert.deepEqual([response.status, response.headers.get('x-should-retry')], [401, 'false'])
      await response.text()
    })

    it('of a Request whose body was read before say so', async () => {
      const request = new Request(URL_OF_CHAT, FOLDED)
      const body = await request.text()
      const fetch = await fetchTo((await provider()).url)
      await assert.rejects(fetch(request), /TypeError: The body of this Request was read before/)
      assert.equal(((await (await fetch(request, { body })).json()) as { object: string }).object, 'chat.completion')
    })

    it('of a request without a body are a 400', async () => {
      const response = await (await fetchTo('http://127.0.0.1:9'))(URL_OF_CHAT, { method: 'POST' })
      assert.equal(response.status, 400)
      await response.text()
    })

    it('of a body that breaks off are a 499, and no fault of ours', async () => {
      const logged: unknown[] = []
      const up = await provider()
      const fetch = await fetchTo(up.url, { logger: { error: (error: unknown) => logged.push(error) } })
      const body = new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode('{"model":'))
        },
        pull(controller) {
          controller.error(new TypeError('terminated'))
        },
      })
      const response = await fetch(URL_OF_CHAT, { method: 'POST', body })
      assert.equal(response.status, 499)
      await response.text()
      assert.deepEqual([up.requests.length, logged], [0, []])
    })

    it('of a URL that is none are a TypeError, as with any fetch', async () => {
      const fetch = await fetchTo('http://127.0.0.1:9')
      await assert.rejects(fetch('/v1/chat/completions', ASKED), TypeError)
    })

    it('in the config are thrown at once', () => {
      // @ts-expect-error The compiler knows, too.
      assert.throws(() => createFetch({ provider: 'nobody' }), { name: 'ConfigError' })
    })
  })

  describe('a signal', () => {
    it('that is aborted already asks no provider', async () => {
      const up = await provider()
      const fetch = await fetchTo(up.url)
      const reason = new Error('enough')
      await assert.rejects(fetch(URL_OF_CHAT, { ...ASKED, signal: AbortSignal.abort(reason) }), reason)
      assert.equal(up.requests.length, 0)
    })

    for (const form of ['init', 'Request'] as const) {
      it(`of the ${form} that aborts before the answer rejects with its reason and stops the provider`, async () => {
        const up = await provider({ chunks: [ROLE], finish: 'hang' })
        const fetch = await fetchTo(up.url)
        const left = new AbortController()
        const init = { ...ASKED, signal: left.signal }
        const response = form === 'init' ? fetch(URL_OF_CHAT, init) : fetch(new Request(URL_OF_CHAT, init))
        const recorded = await up.request(0)
        left.abort()
        await assert.rejects(response, { name: 'AbortError' })
        await recorded.closed
        assert.equal((await fetch.ended).outcome, 'aborted')
      })
    }

    it('that aborts while the request’s body is on its way ends the wait for it', async () => {
      const up = await provider()
      const logged: unknown[] = []
      const fetch = await fetchTo(up.url, { logger: { error: (error: unknown) => logged.push(error) } })
      const left = new AbortController()
      const [came, cancelled] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
      const body = new ReadableStream({ pull: () => came.resolve(), cancel: () => cancelled.resolve() })
      const response = fetch(URL_OF_CHAT, { method: 'POST', body, signal: left.signal })
      await came.promise
      left.abort()
      await assert.rejects(response, { name: 'AbortError' })
      await cancelled.promise
      assert.equal((await fetch.ended).outcome, 'aborted')
      assert.deepEqual(logged, [])
    })

    it('that aborts in mid-stream is the body’s error and stops the provider', async () => {
      const up = await provider({ chunks: [ROLE, text('Hel')], finish: 'hang' })
      const fetch = await fetchTo(up.url)
      const left = new AbortController()
      const { body } = await fetch(URL_OF_CHAT, { ...ASKED, signal: left.signal })
      const reader = body?.getReader()
      await reader?.read()
      const waiting = reader?.read()
      left.abort()
      await assert.rejects(waiting ?? Promise.resolve(), { name: 'AbortError' })
      await up.requests[0]?.closed
      assert.equal((await fetch.ended).outcome, 'aborted')
    })

    it('that aborts before a whole answer was read is the body’s error, too', async () => {
      const fetch = await fetchTo((await provider()).url)
      const left = new AbortController()
      const response = await fetch(URL_OF_CHAT, { ...FOLDED, signal: left.signal })
      await fetch.ended
      left.abort()
      await assert.rejects(response.text(), { name: 'AbortError' })
    })

    it('that aborts after the answer was read changes nothing', async () => {
      const fetch = await fetchTo((await provider()).url)
      const left = new AbortController()
      const response = await fetch(URL_OF_CHAT, { ...ASKED, signal: left.signal })
      assert.equal(parse(await response.text()).done, true)
      left.abort()
      assert.equal((await fetch.ended).outcome, 'whole')
    })

    it('of many requests gathers no listeners and no warning', async () => {
      const warnings: Error[] = []
      const note = (warning: Error) => warnings.push(warning)
      process.on('warning', note)
      const { signal } = new AbortController()
      let listening = 0
      const { addEventListener, removeEventListener } = signal
      signal.addEventListener = function (...args: Parameters<typeof addEventListener>) {
        listening += 1
        return addEventListener.apply(this, args)
      }
      signal.removeEventListener = function (...args: Parameters<typeof removeEventListener>) {
        listening -= 1
        return removeEventListener.apply(this, args)
      }
      const fetch = await fetchTo((await provider()).url)
      const ask = async () => (await fetch(URL_OF_CHAT, { ...ASKED, signal })).text()
      await Promise.all(Array.from({ length: 20 }, ask))
      await new Promise(setImmediate)
      process.off('warning', note)
      assert.deepEqual([listening, warnings], [0, []])
    })
  })

  describe('a body', () => {
    it('that is cancelled stops the provider', async () => {
      const up = await provider({ chunks: [ROLE, text('Hel')], finish: 'hang' })
      const fetch = await fetchTo(up.url)
      const { body } = await fetch(URL_OF_CHAT, ASKED)
      await body?.cancel()
      await up.requests[0]?.closed
      assert.equal((await fetch.ended).outcome, 'aborted')
    })

    it('whose iteration is left stops the provider', async () => {
      const up = await provider({ chunks: [ROLE, text('Hel')], finish: 'hang' })
      const fetch = await fetchTo(up.url)
      const { body } = await fetch(URL_OF_CHAT, ASKED)
      for await (const _ of body ?? []) break
      await up.requests[0]?.closed
      assert.equal((await fetch.ended).outcome, 'aborted')
    })

    it('that nobody reads is given up after clientTimeout, and never looks whole', async () => {
      const fetch = await fetchTo((await provider()).url, { limits: { clientTimeout: 20 } })
      const unread = [await fetch(URL_OF_CHAT, ASKED), await fetch(URL_OF_CHAT, { ...ASKED, body: 'no JSON' })]
      assert.deepEqual(
        unread.map(({ status }) => status),
        [200, 400],
      )
      const slow = await fetchTo((await provider(() => {})).url)
      const left = AbortSignal.timeout(200)
      await assert.rejects(slow(URL_OF_CHAT, { ...ASKED, signal: left }), { name: 'TimeoutError' })
      for (const response of unread) await assert.rejects(response.text(), /broken off/)
    })

    it('can be told apart in two', async () => {
      const fetch = await fetchTo((await provider()).url)
      const response = await fetch(URL_OF_CHAT, ASKED)
      const copy = response.clone()
      assert.deepEqual(await response.text(), await copy.text())
    })

    it('holds bytes that its reader may transfer', async () => {
      const fetch = await fetchTo((await provider()).url)
      for (const init of [ASKED, FOLDED]) {
        const { body } = await fetch(URL_OF_CHAT, init)
        for await (const bytes of body ?? []) {
          assert.equal(bytes.byteLength, bytes.buffer.byteLength)
          structuredClone(bytes, { transfer: [bytes.buffer] })
        }
      }
    })

    it('brings each event as it comes', async () => {
      const waiting: (() => void)[] = []
      const up = await provider(async (_req, res) => {
        res.writeHead(200, { 'content-type': 'text/event-stream' })
        for (const piece of [ROLE + text('one'), text('two'), STOP + DONE]) {
          res.write(piece)
          await new Promise<void>((resolve) => waiting.push(resolve))
        }
        res.end()
      })
      const fetch = await fetchTo(up.url)
      const { body } = await fetch(URL_OF_CHAT, ASKED)
      const words = ['one', 'two', '[DONE]']
      let seen = ''
      // Each word is waited for while the provider holds the next one back: a buffering layer would hang here.
      for await (const bytes of body ?? []) {
        seen += Buffer.from(bytes)
        if (words[0] === undefined || !seen.includes(words[0])) continue
        words.shift()
        waiting.shift()?.()
      }
      assert.deepEqual(words, [])
    })
  })
})
