import assert from 'node:assert/strict'
import { once } from 'node:events'
import http, { type IncomingMessage } from 'node:http'
import net from 'node:net'
import { runInNewContext } from 'node:vm'
import Anthropic from '@anthropic-ai/sdk'
import { LLMock } from '@copilotkit/aimock'
import { chat, HELLO, open, read } from '../helpers/client.ts'
import { KEY, keysIn, runSnippet, type SnippetProgram, snippetFolder } from './programs.ts'
import { readPage, snippetsOf } from './snippets.ts'

const snippets = snippetsOf('docs/production.md')
const MOST_AT_ONCE = 8

describe('the app of docs/production.md', function () {
  this.timeout(20_000)
  const folder = snippetFolder()
  const emulator = new LLMock({ port: 0, latency: 20, chunkSize: 4 })
    .on({ userMessage: 'at length' }, { content: 'Hello from the emulator. '.repeat(200) })
    .on({}, { content: 'Hello from the emulator. '.repeat(8) })
  const app = snippets.find(({ language }) => language === 'ts') ?? assert.fail()
  let program: SnippetProgram
  let url: string

  async function start(more: Record<string, string> = {}): Promise<void> {
    const environment = { ...keysIn(snippets), EMULATOR_PORT: new URL(await emulator.start()).port }
    program = runSnippet(folder.write(app), { ...environment, BOB_TOKEN: 'the-token-of-bob', DRAIN_MS: '0', ...more })
    const begun = await program.begun
    assert.ok('port' in begun, program.printed())
    url = `http://127.0.0.1:${begun.port}`
  }
  async function end(): Promise<void> {
    program.child.kill('SIGKILL')
    await program.ended
    await emulator.stop()
  }

  // One program is asked all of this, and told to stop in the end.
  before(() => start())
  after(async () => {
    await end()
    folder.remove()
  })

  const as = (token: string) => ({ authorization: `Bearer ${token}` })

  it('refuses a token that it does not know, in a form that SDKs show', async () => {
    for (const headers of [{}, as(''), as('another-token')]) {
      const { status, body } = await chat(url, HELLO, headers)
      assert.deepEqual([status, JSON.parse(body).error.code], [401, 'invalid_api_key'])
    }
  })

  it("refuses and answers Anthropic's SDK in its words, by the header that it sends", async () => {
    const ask = (apiKey: string) =>
      new Anthropic({ baseURL: url, apiKey, maxRetries: 0 }).messages.create({
        model: 'claude-sonnet-5',
        max_tokens: 100,
        messages: [{ role: 'user', content: 'Hello' }],
      })
    const error = await ask('another-token').catch((thrown: unknown) => thrown)
    assert.ok(error instanceof Anthropic.AuthenticationError)
    assert.equal(error.type, 'authentication_error')
    assert.match(error.message, /This token is not known/)
    const [content] = (await ask('the-token-of-bob')).content
    assert.match(content?.type === 'text' ? content.text : '', /^Hello from the emulator/)
  })

  it('has the config that deploy/gateway.json has', () => {
    const [, literal = ''] = /const config = (\{[\s\S]*?\n\}) satisfies/.exec(app.text) ?? []
    const env = new Proxy({}, { get: (_, name) => `$${String(name)}` })
    const config = runInNewContext(`JSON.stringify(${literal})`, { process: { env } })
    assert.deepEqual(JSON.parse(config), JSON.parse(readPage('deploy/gateway.json')))
  })

  it('answers users, and writes down who it was and what it cost', async () => {
    const { done, headers } = await chat(url, HELLO, as('the-token-of-bob'))
    assert.equal(done, true)
    const line = await logged('request', String(headers['x-request-id']))
    assert.deepEqual([line.user, line.outcome, line.target], ['bob', 'whole', 'openai'])
    assert.equal(typeof (line.usage as { total_tokens: number }).total_tokens, 'number')
  })

  it('keeps what a user refers to by id for that user alone', async () => {
    const send = (path: string, token: string, body?: object) =>
      fetch(`${url}/v1/responses${path}`, {
        headers: { ...as(token), 'content-type': 'application/json' },
        ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
      })
    const { id } = (await (await send('', KEY, { model: 'gpt-4o', input: 'Hello' })).json()) as { id: string }
    assert.equal((await send(`/${id}`, KEY)).status, 200)
    assert.equal((await send(`/${id}`, 'the-token-of-bob')).status, 404)
  })

  it('lets a user have so many answers at once, and others go on', async () => {
    const long = { ...HELLO, messages: [{ role: 'user', content: 'Hello, at length' }] }
    const running = await Promise.all(Array.from({ length: MOST_AT_ONCE }, () => open(url, long, as(KEY))))
    assert.equal((await chat(url, HELLO, as(KEY))).status, 429)
    assert.equal((await chat(url, HELLO, as('the-token-of-bob'))).status, 200)
    for (const answer of running) answer.destroy()
    // As soon as the app has seen that they left.
    while ((await chat(url, HELLO, as(KEY))).status !== 200);
  })

  it('stops when it is told to, behind the answers that run', async () => {
    const running = await open(url, HELLO, as(KEY))
    const [health] = (await once(http.get(`${url}/healthz`, { agent: false }), 'response')) as [IncomingMessage]
    assert.equal(health.resume().statusCode, 200)
    program.child.kill('SIGTERM')
    await refused(new URL(url))
    assert.equal((await read(running)).done, true)
    assert.deepEqual(await program.ended, { code: 0 })
  })

  it('is not ready from the signal on, and answers what comes until it closes', async () => {
    await end()
    await start({ DRAIN_MS: '600000' })
    program.child.kill('SIGTERM')
    while ((await fetch(`${url}/healthz`)).status !== 503);
    assert.equal((await chat(url, HELLO, as(KEY))).done, true)
  })

  /** Resolves when nobody listens there any more. */
  async function refused({ hostname, port }: URL): Promise<void> {
    for (;;) {
      const socket = net.connect(Number(port), hostname)
      const connected = await once(socket, 'connect').then(
        () => true,
        () => false,
      )
      socket.destroy()
      if (!connected) return
    }
  }

  /** The line of the log with this message about this request. */
  async function logged(msg: string, requestId: string): Promise<Record<string, unknown>> {
    for (;;) {
      const lines = program
        .printed()
        .split('\n')
        .slice(0, -1)
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as Record<string, unknown>)
      const found = lines.find((line) => line.msg === msg && line.requestId === requestId)
      if (found !== undefined) return found
      const more = once(program.child.stdout ?? program.child, 'data')
      if (await Promise.race([more.then(() => false), program.ended.then(() => true)]))
        assert.fail(`The app has ended: ${program.printed()}`)
    }
  }
})
