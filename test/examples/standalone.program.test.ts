import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import net from 'node:net'
import { promisify } from 'node:util'
import { type Answer, chat, HELLO, open, parse, read } from '../helpers/client.ts'
import { cleanup } from '../helpers/gateway.ts'
import { answer, held, play, type Reply, type Scripted, scripted, text } from '../helpers/upstream.ts'
import { cleanUp, file, standalone } from './process.ts'

const shell = promisify(execFile)

type Program = Awaited<ReturnType<typeof standalone>>

const KEY = 'sk-the-key-of-the-environment'

const openaiAt = ({ url }: Scripted, more: object = {}) => ({
  provider: 'openai',
  custom_host: `${url}/v1`,
  api_key: 'sk-the-key-of-the-config',
  ...more,
})

const OFFLINE = /offline emulator/

/** A signal lets the running answer end, and the program exits with 0; new ones find nobody. */
async function endsBehindAnswer(program: Program, signal: 'SIGTERM' | 'SIGINT', release: () => void): Promise<void> {
  const response = await open(program.url)
  program.child.kill(signal)
  await program.logged('stopping')
  // npm passes on what the terminal has sent as well.
  program.child.kill(signal)
  await assert.rejects(fetch(`${program.url}/healthz`), TypeError)
  release()
  const { text, done, finish } = await read(response)
  assert.deepEqual({ text, done, finish }, { text: 'first second', done: true, finish: ['stop'] })
  assert.equal(await program.exited, 0)
  assert.equal(program.log().at(-1)?.msg, 'stopped')
}

describe('the standalone proxy, asked one thing after another', function () {
  this.timeout(20_000)
  let program: Program

  describe('without a config', () => {
    before(async () => {
      program = await standalone(['--drain', '600'])
    })
    after(cleanUp)

    it('answers the curl line that it prints with a whole stream', async () => {
      const [line] = await program.printed(/curl .*Say hello.*/)
      const { stdout } = await shell('sh', ['-c', `${line} --silent --show-error`])
      const { text, finish, done } = parse(stdout)
      assert.match(text, OFFLINE)
      assert.deepEqual({ finish, done }, { finish: ['stop'], done: true })
    })

    it('saves the answer that breaks off, as its second curl line shows', async () => {
      const [line] = await program.printed(/curl .*fail.*/)
      const { stdout } = await shell('sh', ['-c', `${line} --silent --show-error`])
      const { text, done, comments } = parse(stdout)
      assert.equal(
        text,
        'The first provider broke off in the middle of this sentence, the second one went on from there, and you see it once and whole.',
      )
      assert.deepEqual({ done, comments }, { done: true, comments: [] })

      const attempt = await program.logged('attempt failed')
      assert.equal(attempt.provider, 'openai')
      assert.equal(attempt.level, 40)
      const request = await program.until(() => program.log().find(({ attempts }) => attempts === 2))
      assert.deepEqual([request.msg, request.outcome, request.provider], ['request', 'whole', 'anthropic'])
    })

    it('streams in pieces, not all at once', async () => {
      let pieces = 0
      for await (const _ of await open(program.url)) pieces += 1
      assert.ok(pieces > 5, `${pieces} pieces`)
    })

    it('calls the tool it is given for a question about the weather', async () => {
      const parameters = { type: 'object', properties: { place: { type: 'string' } } }
      const { frames, finish } = await chat(program.url, {
        ...HELLO,
        messages: [{ role: 'user', content: 'What is the weather?' }],
        tools: [{ type: 'function', function: { name: 'forecast', parameters } }],
      })
      const calls = frames.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? [])
      assert.equal(calls[0]?.function?.name, 'forecast')
      assert.equal(calls.map((call) => call.function?.arguments ?? '').join(''), '{"place":"Paris"}')
      assert.deepEqual(finish, ['tool_calls'])
    })

    it('answers that question in words when it is given no tool', async () => {
      const { text } = await chat(program.url, {
        ...HELLO,
        messages: [{ role: 'user', content: 'What is the weather?' }],
      })
      assert.match(text, OFFLINE)
    })

    it('answers whole to a client that does not stream', async () => {
      const { status, body } = await chat(program.url, { ...HELLO, stream: false })
      assert.equal(status, 200)
      assert.match(JSON.parse(body).choices[0].message.content, OFFLINE)
    })

    it('tells that it is well', async () => {
      const response = await fetch(`${program.url}/healthz`)
      assert.equal(response.status, 200)
      assert.deepEqual(await response.json(), { status: 'ok' })
    })

    it('keeps an idle connection for longer than the proxies in front do', async () => {
      const { headers } = await fetch(`${program.url}/healthz`)
      assert.equal(headers.get('keep-alive'), 'timeout=75')
    })

    it("answers what it does not know with OpenAI's envelope", async () => {
      for (const path of ['/playground', '/v1/moderations', '/%']) {
        const response = await fetch(program.url + path)
        const message = `There is nothing at GET ${path}.`
        assert.equal(response.status, 404)
        assert.deepEqual(await response.json(), {
          error: { message, type: 'invalid_request_error', param: null, code: null },
        })
        assert.equal(response.headers.get('x-powered-by'), null)
      }
    })

    it('ignores configs in headers', async () => {
      const other = await scripted({ chunks: answer('from the header') })
      const { text } = await chat(program.url, HELLO, { 'x-portkey-config': JSON.stringify(openaiAt(other)) })
      await other.close()
      assert.match(text, OFFLINE)
      assert.equal(other.requests.length, 0)
    })

    it('drains first when it is to stop, if it is told to: it is not ready, and answers what comes', async () => {
      program.child.kill('SIGTERM')
      await program.logged('stopping')
      assert.equal((await fetch(`${program.url}/healthz`)).status, 503)
      assert.equal((await chat(program.url)).done, true)
    })
  })

  const itSparesTheMetadataService = (ask: (body: unknown, headers: Record<string, string>) => Promise<Answer>) =>
    it("never lets a header lead to the cloud's metadata service", async () => {
      const { status, body } = await ask(HELLO, {
        'x-portkey-provider': 'openai',
        'x-portkey-custom-host': 'http://169.254.169.254/v1',
      })
      assert.equal(status, 400)
      assert.match(JSON.parse(body).error.message, /169\.254\.169\.254 is a link-local address/)
    })

  describe('with a config and --allow-request-config', () => {
    const opened = cleanup(after)
    after(cleanUp)
    let provider: Scripted
    let other: Scripted
    let reply: Reply
    /** All requests that were to be logged. */
    let asked = 0
    const ask = (body?: unknown, headers?: Record<string, string>) => {
      asked += 1
      return chat(program.url, body, headers)
    }

    before(async () => {
      provider = await opened(scripted((req, res) => void play(reply, req, res)))
      other = await opened(scripted({ chunks: answer('from the header') }))
      const config = file(openaiAt(provider, { api_key: '$PROVIDER_KEY', metadata: { team: 'a' } }))
      const env = { PROVIDER_KEY: KEY }
      program = await standalone(['--config', config, '--allow-request-config'], { env })
    })
    beforeEach(() => {
      reply = { chunks: answer('hi') }
    })

    it('listens only where this machine alone can reach it', () => {
      assert.match(program.url, /^http:\/\/127\.0\.0\.1:\d+$/)
    })

    it('takes no requests that any web page can make a browser send', async () => {
      const before = provider.requests.length
      const { status, body } = await chat(program.url, HELLO, { 'content-type': 'text/plain' })
      assert.equal(status, 415)
      assert.equal(JSON.parse(body).error.type, 'invalid_request_error')
      assert.equal(provider.requests.length, before)
    })

    it('takes keys from the environment', async () => {
      assert.equal((await ask()).text, 'hi')
      assert.equal(provider.requests.at(-1)?.headers.authorization, `Bearer ${KEY}`)
    })

    it('takes configs in headers, but none that lead to private hosts', async () => {
      const { status, body } = await ask(HELLO, { 'x-portkey-config': JSON.stringify(openaiAt(other)) })
      assert.equal(status, 400)
      assert.equal(JSON.parse(body).error.param, 'x-portkey-config')
      assert.equal(other.requests.length, 0)
      assert.equal((await ask()).text, 'hi')
    })

    itSparesTheMetadataService(ask)

    /** The lines of the log about requests that come from now on. */
    async function logFromNowOn(): Promise<() => Record<string, unknown>[]> {
      const before = await program.until(() => {
        const { length } = program.log().filter(({ msg }) => msg === 'request')
        return length < asked ? undefined : program.log().length
      })
      return () => program.log().slice(before)
    }

    it('logs one line for each request', async () => {
      const lines = await logFromNowOn()
      await ask()
      await ask({ model: 'm' })
      await program.until(() => lines()[1])
      const [whole, rejected, ...others] = lines()
      assert.deepEqual(others, [])
      const { msg, outcome, provider, model, attempts, usage, metadata, level } = whole ?? {}
      assert.deepEqual(
        { msg, outcome, provider, model, attempts, usage, metadata, level },
        {
          msg: 'request',
          outcome: 'whole',
          provider: 'openai',
          model: 'm',
          attempts: 1,
          usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
          metadata: { team: 'a' },
          level: 30,
        },
      )
      assert.equal(typeof whole?.duration, 'number')
      assert.equal(typeof whole?.timeToFirstChunk, 'number')
      assert.deepEqual([rejected?.msg, rejected?.outcome], ['request', 'rejected'])
    })

    it('logs failed attempts at warn, and lost requests at error', async () => {
      const lines = await logFromNowOn()
      reply = { status: 500, chunks: ['{"error":{"message":"out of order"}}'] }
      assert.equal((await ask()).status, 500)
      const [attempt, request] = await program.until(() => (lines()[1] === undefined ? undefined : lines()))
      assert.deepEqual([attempt?.msg, attempt?.level], ['attempt failed', 40])
      assert.deepEqual([request?.msg, request?.level], ['request', 50])
      assert.deepEqual(attempt?.failure, { kind: 'status', status: 500, code: null, message: 'out of order' })
      assert.deepEqual(request?.failure, attempt?.failure)
    })

    it('on SIGTERM lets the running answer end, refuses what still comes on a kept connection, and ends', async () => {
      const slow = held()
      reply = slow
      const socket = net.connect(Number(new URL(program.url).port), '127.0.0.1').setEncoding('utf8')
      const body = JSON.stringify(HELLO)
      const headers = `host: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`
      socket.write(`POST /v1/chat/completions HTTP/1.1\r\n${headers}${body}`)
      let received = ''
      socket.on('data', (piece) => {
        received += piece
      })
      await once(socket, 'data')
      asked += 2
      await endsBehindAnswer(program, 'SIGTERM', () => {
        // Pipelined: its answer comes after the running one.
        socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n')
        slow.release()
      })
      if (!socket.closed) await once(socket, 'close')
      const [first, second] = received.split(/(?=HTTP\/1\.1 503)/)
      assert.match(first ?? '', /data: \[DONE\]/)
      assert.match(second ?? '', /connection: close/i)
      assert.match(second ?? '', /\{"status":"stopping"\}/)
    })

    it('has written one line for each request, when it has ended', () => {
      assert.equal(program.log().filter(({ msg }) => msg === 'request').length, asked)
    })

    it('has warned of nobody', () => assert.doesNotMatch(program.stderr(), /Whoever reaches/))
  })

  describe('with --allow-request-config and --allow-private-hosts', () => {
    const opened = cleanup(after)
    after(cleanUp)
    let reply: Reply = { chunks: answer('from the config') }
    let other: Scripted

    before(async () => {
      const provider = await opened(scripted((req, res) => void play(reply, req, res)))
      other = await opened(scripted({ chunks: answer('from the header') }))
      const config = ['--config', file(openaiAt(provider))]
      program = await standalone([...config, '--allow-request-config', '--allow-private-hosts'])
    })

    it('lets configs in headers reach private hosts', async () => {
      const { text } = await chat(program.url, HELLO, { 'x-portkey-config': JSON.stringify(openaiAt(other)) })
      assert.equal(text, 'from the header')
    })

    it('takes configs in headers of more than the usual 16 KB', async () => {
      const big = openaiAt(other, { override_params: { instructions: 'x'.repeat(40_000) } })
      assert.equal(
        (await chat(program.url, HELLO, { 'x-portkey-config': JSON.stringify(big) })).text,
        'from the header',
      )
    })

    itSparesTheMetadataService((...asked) => chat(program.url, ...asked))

    it('lets the running answer end on SIGINT as well', async () => {
      const slow = held()
      reply = slow
      await endsBehindAnswer(program, 'SIGINT', slow.release)
    })
  })
})

describe('the standalone proxy', function () {
  this.timeout(20_000)
  const opened = cleanup()
  afterEach(cleanUp)

  it('logs no keys, prompts or headers', async () => {
    const message = 'Incorrect API key provided: sk-the-key-of-the-config'
    const server = await opened(
      scripted(
        { chunks: answer('the-answer') },
        { status: 401, chunks: [JSON.stringify({ error: { message } })] },
        { finish: 'cut' },
      ),
    )
    const config = file(openaiAt(server))
    const program = await standalone(['--config', config, '--allow-request-config'])
    const body = { ...HELLO, messages: [{ role: 'user', content: 'the-prompt' }] }
    const headers = { authorization: 'Bearer the-token-of-the-client', 'x-any': 'the-header-of-the-client' }
    for (let requests = 0; requests < 3; requests += 1) await chat(program.url, body, headers)
    const bad = { provider: 'nobody', api_key: 'the-key-of-the-header' }
    await chat(program.url, body, { ...headers, 'x-portkey-config': JSON.stringify(bad) })
    await chat(program.url, body, { ...headers, 'x-portkey-config': JSON.stringify(bad).slice(0, -1) })
    program.child.kill('SIGTERM')
    await program.exited
    assert.equal(program.log().filter(({ msg }) => msg === 'request').length, 5)
    assert.doesNotMatch(program.stdout() + program.stderr(), /the-(key|prompt|answer|token|header)/)
  })

  it('tells what ended the process, if nothing caught it', async () => {
    const throwing = 'data:text/javascript,process.on("SIGUSR2",()=>{throw new Error("boom")})'
    const program = await standalone(['--config', file({ provider: 'openai', api_key: 'k' })], {
      node: ['--import', throwing],
    })
    program.child.kill('SIGUSR2')
    assert.equal(await program.exited, 1)
    const { level, err } = await Promise.resolve(program.log().find(({ msg }) => msg === 'uncaught exception') ?? {})
    assert.equal(level, 60)
    assert.equal((err as { message: string }).message, 'boom')
  })

  it('cuts what takes longer than it was given, without a fake end', async () => {
    const server = await opened(scripted({ chunks: [text('hi')], finish: 'hang' }))
    const program = await standalone(['--config', file(openaiAt(server)), '--grace', '0'])
    const response = await open(program.url)
    program.child.kill('SIGTERM')
    assert.equal(await program.exited, 0)
    assert.equal((await read(response)).done, false)
  })

  it('ends at once when told again', async () => {
    const server = await opened(scripted({ chunks: [text('hi')], finish: 'hang' }))
    const program = await standalone(['--config', file(openaiAt(server))])
    const response = await open(program.url)
    program.child.kill('SIGTERM')
    await program.logged('stopping')
    // A repetition within half a second counts as the same signal.
    const again = setInterval(() => program.child.kill('SIGTERM'), 100)
    const code = await program.exited
    clearInterval(again)
    assert.equal(code, 1)
    assert.equal((await read(response)).done, false)
  })
})
