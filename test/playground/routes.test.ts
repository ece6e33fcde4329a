import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import http, { type IncomingMessage } from 'node:http'
import { HELLO, parse } from '../helpers/client.ts'
import { cleanup, fallback, target } from '../helpers/gateway.ts'
import { answer, ROLE, scripted, text } from '../helpers/upstream.ts'
import { type Served, served } from './server.ts'

const ID = 'a-run-of-this-test'
const { homepage } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  homepage: string
}

interface Told {
  event: string
  data: Record<string, unknown>
}

/** Listens to the events of a run; resolves when the server does listen, with what it will have told in the end. */
async function listen(url: string, id = ID): Promise<{ status: number; told: Promise<Told[]>; leave(): void }> {
  const left = new AbortController()
  const response = await fetch(`${url}/playground/events?id=${id}`, { signal: left.signal })
  const told = response.text().then((body) =>
    body
      .split('\n\n')
      .filter((block) => block.startsWith('event: '))
      .map((block) => {
        const [event = '', data = ''] = block.split('\n').map((line) => line.replace(/^\w+: /, ''))
        return { event, data: JSON.parse(data) as Record<string, unknown> }
      }),
  )
  told.catch(() => {})
  return { status: response.status, told, leave: () => left.abort() }
}

async function run(url: string, query = '', id = ID, body: unknown = HELLO) {
  const headers = { 'content-type': 'application/json' }
  const method = 'POST'
  const path = `/playground/chat/completions?id=${id}&${query}`
  const response = await fetch(url + path, { method, headers, body: JSON.stringify(body) })
  const sent = await response.text()
  return { status: response.status, body: sent, ...(response.status === 200 ? parse(sent) : parse('')) }
}

/** A request with headers that fetch does not let one choose. */
async function ask(url: string, path: string, headers: Record<string, string>): Promise<number | undefined> {
  const [response] = (await once(http.get(url + path, { headers, agent: false }), 'response')) as [IncomingMessage]
  response.destroy()
  return response.statusCode
}

describe('the routes of the playground', () => {
  const opened = cleanup()

  describe('over a config', () => {
    /** The first provider breaks off, the second answers. */
    async function broken(): Promise<Served> {
      const first = await opened(scripted({ chunks: [ROLE, text('one '), text('two ')], finish: 'cut' }))
      const second = await opened(scripted({ chunks: answer('one ', 'two ', 'three') }))
      return opened(served(fallback(target(first.url, { name: 'a' }), target(second.url, { name: 'b' }))))
    }

    it('tell a listener what becomes of each attempt of its run', async () => {
      const { url } = await broken()
      const { told } = await listen(url)
      const { text: whole, done } = await run(url)
      assert.deepEqual({ whole, done }, { whole: 'one two three', done: true })

      const events = await told
      const told1 = events.filter(({ data }) => data.attempt === 1).map(({ event }) => event)
      assert.deepEqual(told1, ['start', 'content', 'chunks', 'end'])
      const ticks = (attempt: number) =>
        events
          .filter(({ event, data }) => event === 'chunks' && data.attempt === attempt)
          .flatMap(({ data }) => data.at as number[])
      assert.deepEqual([ticks(1).length, ticks(2).length], [2, 3])
      const ends = events.filter(({ event }) => event === 'end').map(({ data }) => data)
      assert.deepEqual(
        ends.map(({ outcome }) => outcome),
        ['failed', 'whole'],
      )
      assert.equal((ends[0]?.failure as { kind: string } | undefined)?.kind, 'truncated')
      const { event, data } = events.at(-1) as Told
      assert.deepEqual([event, data.outcome, data.attempts], ['finish', 'whole', 2])
      assert.deepEqual(data.usage, { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 })
    })

    it('tell times that never go back', async () => {
      const { url } = await broken()
      const { told } = await listen(url)
      await run(url)
      const times = (await told).flatMap(({ data }) => data.at as number | number[])
      assert.deepEqual(
        times,
        times.toSorted((a, b) => a - b),
      )
    })

    it('answer a run to which nobody listens', async () => {
      const { url } = await broken()
      assert.equal((await run(url)).done, true)
    })

    it('tell nobody of a run that is not theirs', async () => {
      const { url } = await broken()
      const other = await listen(url, 'the-run-of-another')
      const own = await listen(url)
      await run(url)
      await own.told
      other.leave()
      await assert.rejects(other.told, { name: 'AbortError' })
    })

    it('go on when the listener leaves', async () => {
      const { url } = await broken()
      const { leave } = await listen(url)
      const running = run(url)
      leave()
      assert.equal((await running).done, true)
    })

    it('end with a run that is refused', async () => {
      const { url } = await broken()
      const { told } = await listen(url)
      const { status } = await run(url, '', ID, { model: 'm' })
      assert.equal(status, 400)
      assert.deepEqual(
        (await told).map(({ event, data }) => [event, data.outcome]),
        [['finish', 'rejected']],
      )
    })

    it('share the state of circuit breakers between runs', async () => {
      const first = await opened(scripted({ status: 500, chunks: ['{}'] }))
      const second = await opened(scripted({ chunks: answer('hi') }))
      const { url } = await opened(
        served(fallback(target(first.url, { name: 'a', cb_config: { failure_threshold: 1 } }), target(second.url))),
      )
      await run(url)
      await run(url)
      assert.deepEqual([first.requests.length, second.requests.length], [1, 2])
    })

    it('call the hooks of the server, too', async () => {
      const { url: upstream } = await opened(scripted({ chunks: answer('hi') }))
      const outcomes: string[] = []
      const options = { onFinish: ({ outcome }: { outcome: string }) => void outcomes.push(outcome) }
      const { url } = await opened(served(target(upstream), options))
      const { told } = await listen(url)
      await run(url)
      await told
      assert.deepEqual(outcomes, ['whole'])
    })

    it('show the targets, and no secret of the config', async () => {
      const { url } = await opened(
        served(fallback(target('https://secret.example', { name: '</script><b>' }), target('https://b.example'))),
      )
      const page = await (await fetch(`${url}/`)).text()
      const [, facts = ''] = /<script type="application\/json" id="facts">(.*?)<\/script>/.exec(page) ?? []
      assert.deepEqual(JSON.parse(facts), {
        mode: 'config',
        targets: [
          { name: '</script><b>', provider: 'openai' },
          { name: 'targets[1]', provider: 'openai' },
        ],
        models: [],
        config: {
          strategy: { mode: 'fallback' },
          targets: [
            { name: '</script><b>', provider: 'openai', api_key: '…', custom_host: '…' },
            { provider: 'openai', api_key: '…', custom_host: '…' },
          ],
        },
      })
      assert.doesNotMatch(page, /sk-test|secret\.example/)
    })
  })

  describe('over emulated providers', () => {
    it('answer by the choices of the query', async () => {
      const { url } = await opened(served())
      const { told } = await listen(url)
      const { text: said, done } = await run(url, 'targets=openai:cut,google:none&after=5&retries=1')
      assert.match(said, /^You wrote “hi”\. .* goes on\.$/)
      assert.equal(done, true)
      const providers = (await told).filter(({ event }) => event === 'start').map(({ data }) => data.provider)
      assert.deepEqual(providers, ['openai', 'openai', 'google'])
    })

    it('refuse choices that they do not know', async () => {
      const { url } = await opened(served())
      const { status, body } = await run(url, 'targets=openai:explode')
      assert.equal(status, 400)
      assert.equal(JSON.parse(body).error.param, 'targets')
    })
  })

  describe('among other pages', () => {
    it('let no page load anything, or run anything but its own script', async () => {
      const { url } = await opened(served())
      const response = await fetch(`${url}/`)
      const page = await response.text()
      const policy = response.headers.get('content-security-policy') ?? ''
      for (const [tag, directive] of [
        ['script type="module"', 'script-src'],
        ['style', 'style-src'],
      ]) {
        const [, source = ''] = new RegExp(`<${tag}>([\\s\\S]*?)</`).exec(page) ?? []
        const hash = createHash('sha256').update(source).digest('base64')
        assert.ok(policy.includes(`${directive} 'sha256-${hash}';`), policy)
      }
      assert.match(policy, /^default-src 'none';/)
      assert.match(policy, /frame-ancestors 'none'/)
      assert.doesNotMatch(policy, /unsafe|\*|https?:/)
      assert.doesNotMatch(page, /^(import|export) /m)
      assert.deepEqual(page.match(/src="(?!data:)[^"]*"|<(?!a\b)[^>]* href="(?!data:)[^"]*"/g), null)
      // One may follow a link to the documentation, and to nothing else.
      const docs = `${homepage.split('#')[0]}/blob/main/docs/`
      const links = [...page.matchAll(/<a\b[^>]* href="([^"]*)"/g)].map(([, link = '']) => link)
      assert.deepEqual(
        links.filter((link) => !link.startsWith('#') && !link.startsWith(docs)),
        [],
      )
      assert.equal(response.headers.get('access-control-allow-origin'), null)
    })

    for (const path of ['/', `/playground/events?id=${ID}`]) {
      it(`refuse ${path} under a name that is not theirs`, async () => {
        const { url } = await opened(served())
        assert.equal(await ask(url, path, { host: 'evil.example' }), 403)
        assert.equal(await ask(url, path, { 'sec-fetch-site': 'cross-site' }), 403)
        assert.equal(await ask(url, path, {}), 200)
      })
    }

    it('refuse a run that another page asks for', async () => {
      const upstream = await opened(scripted({ chunks: answer('hi') }))
      const { url } = await opened(served(target(upstream.url)))
      const response = await fetch(`${url}/playground/chat/completions?id=${ID}`, {
        method: 'POST',
        headers: { origin: 'https://evil.example', 'content-type': 'text/plain' },
        body: JSON.stringify(HELLO),
      })
      assert.equal(response.status, 403)
      assert.equal(response.headers.get('access-control-allow-origin'), null)
      assert.equal(upstream.requests.length, 0)
    })

    it('refuse names of runs that can be guessed, or hold anything else', async () => {
      const { url } = await opened(served())
      for (const id of ['', 'short', 'x'.repeat(65), 'with spaces in it, and more']) {
        assert.equal((await listen(url, encodeURIComponent(id))).status, 400, id)
      }
    })

    it('have one listener for a run, and so many in all', async () => {
      const { url } = await opened(served())
      const first = await listen(url)
      assert.equal(first.status, 200)
      assert.equal((await listen(url)).status, 503)
      const others = await Promise.all(Array.from({ length: 32 }, (_, index) => listen(url, `${ID}-${index}`)))
      assert.equal(others.filter(({ status }) => status === 503).length, 1)
      for (const { leave } of [first, ...others]) leave()
    })
  })
})
