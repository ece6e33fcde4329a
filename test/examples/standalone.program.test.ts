import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import net from 'node:net'
import { promisify } from 'node:util'
import { chat, HELLO, open, parse, read } from '../helpers/client.ts'
import { answer, type Reply, type Scripted, scripted, text } from '../helpers/upstream.ts'
import { cleanUp, file, standalone } from './process.ts'

const shell = promisify(execFile)
const opened: Scripted[] = []

/** A scripted provider that this file's tests close. */
async function upstream(...replies: Reply[]): Promise<Scripted> {
  const server = await scripted(...replies)
  opened.push(server)
  return server
}

const openaiAt = ({ url }: Scripted, more: object = {}) => ({
  provider: 'openai',
  custom_host: `${url}/v1`,
  api_key: 'sk-the-key-of-the-config',
  ...more,
})

const OFFLINE = /offline emulator/

async function closeUpstreams(): Promise<void> {
  await Promise.all(opened.splice(0).map((server) => server.close()))
}

describe('the standalone proxy, asked one thing after another', function () {
  this.timeout(20_000)
  let program: Awaited<ReturnType<typeof standalone>>
  const startedOnce = (...args: string[]) => {
    before(async () => {
      program = await standalone(args)
    })
    after(cleanUp)
    afterEach(closeUpstreams)
  }

  describe('without a config', () => {
    startedOnce()

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
      const other = await upstream({ chunks: answer('from the header') })
      const { text } = await chat(program.url, HELLO, { 'x-portkey-config': JSON.stringify(openaiAt(other)) })
      assert.match(text, OFFLINE)
      assert.equal(other.requests.length, 0)
    })
  })

  const itSparesTheMetadataService = () =>
    it("never lets a header lead to the cloud's metadata service", async () => {
      const { status, body } = await chat(program.url, HELLO, {
        'x-portkey-provider': 'openai',
        'x-portkey-custom-host': 'http://169.254.169.254/v1',
      })
      assert.equal(status, 400)
      assert.match(JSON.parse(body).error.message, /169\.254\.169\.254 is a link-local address/)
    })

  describe('with --allow-request-config', () => {
    startedOnce('--allow-request-config')

    it('takes configs in headers, but none that lead to private hosts', async () => {
      const other = await upstream({ chunks: answer('from the header') })
      const { status, body } = await chat(program.url, HELLO, { 'x-portkey-config': JSON.stringify(openaiAt(other)) })
      assert.equal(status, 400)
      assert.equal(JSON.parse(body).error.param, 'x-portkey-config')
      assert.equal(other.requests.length, 0)
      assert.match((await chat(program.url)).text, OFFLINE)
    })

    itSparesTheMetadataService()
  })

  describe('with --allow-request-config and --allow-private-hosts', () => {
    startedOnce('--allow-request-config', '--allow-private-hosts')

    it('lets configs in headers reach private hosts', async () => {
      const other = await upstream({ chunks: answer('from the header') })
      const { text } = await chat(program.url, HELLO, { 'x-portkey-config': JSON.stringify(openaiAt(other)) })
      assert.equal(text, 'from the header')
    })

    it('takes configs in headers of more than the usual 16 KB', async () => {
      const other = await upstream({ chunks: answer('from the header') })
      const big = openaiAt(other, { override_params: { instructions: 'x'.repeat(40_000) } })
      assert.equal(
        (await chat(program.url, HELLO, { 'x-portkey-config': JSON.stringify(big) })).text,
        'from the header',
      )
    })

    itSparesTheMetadataService()
  })
})

describe('the standalone proxy', function () {
  this.timeout(20_000)
  afterEach(async () => {
    await cleanUp()
    await closeUpstreams()
  })

  describe('the app around streamgate', () => {
    it('takes no requests that any web page can make a browser send', async () => {
      const server = await upstream({ chunks: answer('hi') })
      const { url } = await standalone(['--config', file(openaiAt(server))])
      const { status, body } = await chat(url, HELLO, { 'content-type': 'text/plain' })
      assert.equal(status, 415)
      assert.equal(JSON.parse(body).error.type, 'invalid_request_error')
      assert.equal(server.requests.length, 0)
    })
  })

  describe('the config', () => {
    it('takes keys from the environment', async () => {
      const server = await upstream({ chunks: answer('hi') })
      const config = file(openaiAt(server, { api_key: '$PROVIDER_KEY' }))
      const { url } = await standalone(['--config', config], { env: { PROVIDER_KEY: 'sk-from-the-environment' } })
      const { text } = await chat(url)
      assert.equal(text, 'hi')
      assert.equal(server.requests[0]?.headers.authorization, 'Bearer sk-from-the-environment')
    })
  })

  describe('the log', () => {
    it('has one line for each request', async () => {
      const server = await upstream({ chunks: answer('hi') })
      const program = await standalone(['--config', file(openaiAt(server, { metadata: { team: 'a' } }))])
      await chat(program.url)
      await chat(program.url, { model: 'm' })
      program.child.kill('SIGTERM')
      await program.exited
      const [whole, rejected, ...others] = program.log().filter(({ msg }) => msg === 'request')
      assert.deepEqual(others, [])
      const { outcome, provider, model, attempts, usage, metadata, level } = whole ?? {}
      assert.deepEqual(
        { outcome, provider, model, attempts, usage, metadata, level },
        {
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
      assert.equal(rejected?.outcome, 'rejected')
    })

    it('tells of failed attempts at warn, and of lost requests at error', async () => {
      const server = await upstream({ status: 500, chunks: ['{"error":{"message":"out of order"}}'] })
      const program = await standalone(['--config', file(openaiAt(server))])
      assert.equal((await chat(program.url)).status, 500)
      const attempt = await program.logged('attempt failed')
      const request = await program.logged('request')
      assert.deepEqual([attempt.level, request.level], [40, 50])
      assert.deepEqual(attempt.failure, { kind: 'status', status: 500, code: null, message: 'out of order' })
      assert.deepEqual(request.failure, attempt.failure)
    })

    it('has no keys, prompts or headers in it', async () => {
      const message = 'Incorrect API key provided: sk-the-key-of-the-config'
      const server = await upstream(
        { chunks: answer('the-answer') },
        { status: 401, chunks: [JSON.stringify({ error: { message } })] },
        { finish: 'cut' },
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
      const program = await standalone([], { node: ['--import', throwing] })
      program.child.kill('SIGUSR2')
      assert.equal(await program.exited, 1)
      const { level, err } = await Promise.resolve(program.log().find(({ msg }) => msg === 'uncaught exception') ?? {})
      assert.equal(level, 60)
      assert.equal((err as { message: string }).message, 'boom')
    })
  })

  describe('on SIGTERM', () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      it(`lets the running answer end, takes no new one and exits with 0 (${signal})`, async () => {
        let release = () => {}
        const gate = () => new Promise<void>((resolve) => (release = resolve))
        const chunks = answer('first', ' second')
        const server = await upstream({ chunks: [chunks.slice(0, 2).join(''), chunks.slice(2).join('')], gate })
        const program = await standalone(['--config', file(openaiAt(server))])
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
      })
    }

    it('drains first, if it is told to: it is not ready, and answers what comes', async () => {
      const program = await standalone(['--drain', '600'])
      program.child.kill('SIGTERM')
      await program.logged('stopping')
      assert.equal((await fetch(`${program.url}/healthz`)).status, 503)
      assert.equal((await chat(program.url)).done, true)
    })

    it('refuses what still comes on a kept connection', async () => {
      let release = () => {}
      const gate = () => new Promise<void>((resolve) => (release = resolve))
      const chunks = answer('hi')
      const server = await upstream({ chunks: [chunks.slice(0, 2).join(''), chunks.slice(2).join('')], gate })
      const program = await standalone(['--config', file(openaiAt(server))])
      const socket = net.connect(Number(new URL(program.url).port), '127.0.0.1').setEncoding('utf8')
      const body = JSON.stringify(HELLO)
      const headers = `host: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`
      socket.write(`POST /v1/chat/completions HTTP/1.1\r\n${headers}${body}`)
      let received = ''
      socket.on('data', (piece) => {
        received += piece
      })
      await once(socket, 'data')
      program.child.kill('SIGTERM')
      await program.logged('stopping')
      // Pipelined: its answer comes after the running one.
      socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n')
      release()
      await once(socket, 'close')
      const [first, second] = received.split(/(?=HTTP\/1\.1 503)/)
      assert.match(first ?? '', /data: \[DONE\]/)
      assert.match(second ?? '', /connection: close/i)
      assert.match(second ?? '', /\{"status":"stopping"\}/)
      assert.equal(await program.exited, 0)
    })

    it('cuts what takes longer than it was given, without a fake end', async () => {
      const server = await upstream({ chunks: [text('hi')], finish: 'hang' })
      const program = await standalone(['--config', file(openaiAt(server)), '--grace', '0'])
      const response = await open(program.url)
      program.child.kill('SIGTERM')
      assert.equal(await program.exited, 0)
      assert.equal((await read(response)).done, false)
    })

    it('ends at once when told again', async () => {
      const server = await upstream({ chunks: [text('hi')], finish: 'hang' })
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
})
