import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { StreamgateConfig } from '../../lib/index.ts'
import { chat, HELLO, open, start } from '../helpers/client.ts'
import { cleanup, fallback, target } from '../helpers/gateway.ts'
import { answer, ROLE, scripted, text } from '../helpers/upstream.ts'

export interface App {
  url: string
  close(): Promise<unknown>
}

type StartApp = (options: { config: StreamgateConfig; tokens: ReadonlySet<string> }) => Promise<App>

/** The users' token of every example. */
export const ALICE = { authorization: 'Bearer alices-token' }
export const TOKENS = new Set(['alices-token'])

/** What every example of a mount does, whatever the framework. */
export function describeExample(framework: string, startApp: StartApp): void {
  describe(`the example of ${framework}`, () => {
    const opened = cleanup()
    const app = (config: StreamgateConfig) => opened(startApp({ config, tokens: TOKENS }))

    it('streams an answer', async () => {
      const up = await opened(scripted({ chunks: answer('fine ', 'day') }))
      const { url } = await app(target(up.url))
      const { status, headers, text: said, done } = await chat(url, HELLO, ALICE)
      assert.deepEqual([status, said, done], [200, 'fine day', true])
      assert.equal(headers['content-type'], 'text/event-stream; charset=utf-8')
    })

    it('passes each piece on as it comes', async () => {
      const up = await opened(scripted({ chunks: [ROLE, text('fine ')], finish: 'hang' }))
      const { url } = await app(target(up.url))
      // The provider says no more than this: a buffering layer would wait for the rest.
      let seen = ''
      for await (const piece of await open(url, HELLO, ALICE)) {
        seen += piece
        if (seen.includes('fine ')) break
      }
    })

    it('answers in one piece, too', async () => {
      const up = await opened(scripted({ chunks: answer('fine ', 'day') }))
      const { url } = await app(target(up.url))
      const { body } = await chat(url, { ...HELLO, stream: false }, ALICE)
      assert.equal(JSON.parse(body).choices[0].message.content, 'fine day')
    })

    it('falls back', async () => {
      const bad = await opened(scripted({ chunks: [ROLE, text('fine ')], finish: 'reset' }))
      const good = await opened(scripted({ chunks: answer('fine ', 'day') }))
      const { url } = await app(fallback(target(bad.url), target(good.url)))
      assert.equal((await chat(url, HELLO, ALICE)).text, 'fine day')
    })

    it('answers with the status and the envelope of an error', async () => {
      const busy = await opened(scripted({ status: 429, headers: { 'retry-after': '7' }, chunks: ['{}'] }))
      const { url } = await app(target(busy.url))
      const { status, headers, body } = await chat(url, HELLO, ALICE)
      assert.deepEqual([status, headers['retry-after']], [429, '7'])
      assert.equal(JSON.parse(body).error.code, 'rate_limit_exceeded')
      const refused = await chat(url, { model: 'm', messages: [] }, ALICE)
      assert.deepEqual([refused.status, JSON.parse(refused.body).error.param], [400, 'messages'])
    })

    it('ends a lost answer with the error', async () => {
      const bad = await opened(scripted({ chunks: [ROLE, text('fine ')], finish: 'reset' }))
      const { url } = await app(target(bad.url))
      const { frames, done } = await chat(url, HELLO, ALICE)
      assert.equal(frames.at(-1)?.error?.code, 'upstream_stream_truncated')
      assert.equal(done, false)
    })

    it('stops the provider when the client leaves before the answer', async () => {
      const up = await opened(scripted({ chunks: [ROLE], finish: 'hang' }))
      const { url } = await app(target(up.url))
      const request = start(url, HELLO, ALICE)
      const recorded = await up.request(0)
      request.destroy()
      await recorded.closed
    })

    it('stops the provider when the client leaves in mid-stream', async () => {
      const up = await opened(scripted({ chunks: [ROLE, text('Hel')], finish: 'hang' }))
      const { url } = await app(target(up.url))
      const response = await open(url, HELLO, ALICE)
      await once(response, 'data')
      response.on('error', () => {})
      response.destroy()
      await up.requests[0]?.closed
    })

    it('takes a conversation of megabytes', async () => {
      const up = await opened(scripted({ chunks: answer('fine') }))
      const { url } = await app(target(up.url))
      const content = 'y'.repeat(5_000_000)
      assert.equal((await chat(url, { ...HELLO, messages: [{ role: 'user', content }] }, ALICE)).text, 'fine')
      assert.equal(JSON.parse(up.requests[0]?.body ?? '').messages[0].content.length, content.length)
    })

    it('asks no provider for strangers, and tells none the users’ tokens', async () => {
      const up = await opened(scripted({ chunks: answer('fine') }))
      const { api_key: _, ...keyless } = target(up.url)
      const { url } = await app(keyless)
      for (const headers of [{}, { authorization: 'Bearer mallorys-token' }]) {
        const { status, body } = await chat(url, HELLO, headers)
        assert.equal(status, 401)
        assert.equal(JSON.parse(body).error.type, 'invalid_request_error')
      }
      assert.equal(up.requests.length, 0)
      await chat(url, HELLO, ALICE)
      assert.equal(up.requests[0]?.headers.authorization, undefined)
    })
  })
}

/** The rest of an example's application, beside streamgate. */
export async function assertOtherPages(url: string): Promise<void> {
  const home = await fetch(url)
  assert.deepEqual([home.status, await home.text()], [200, 'The rest of the application'])
}
