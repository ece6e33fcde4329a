import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { record as command } from '../../lib/cli/record.ts'
import { replay as replayCommand } from '../../lib/cli/replay.ts'
import { cleanUp, file, type Program, path, run } from '../examples/process.ts'
import { parse } from '../helpers/client.ts'
import { cleanup, target } from '../helpers/gateway.ts'
import { answer, play, REFUSED_URL, type Reply, type Scripted, scripted } from '../helpers/upstream.ts'
import { executed } from './executed.ts'

const KEY = 'sk-the-key-of-the-config'
const ASKED = { model: 'gpt-x', messages: [{ role: 'user', content: 'Hello' }], temperature: 0.5 }

/** Anthropic's answer, with a field that nobody knows. */
const native = [
  {
    type: 'message_start',
    message: { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content: [], new: 1 },
  },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hello' } },
  { type: 'content_block_stop', index: 0 },
  { type: 'content_block_start', index: 1, content_block: { type: 'tool_use', id: 'toolu_1', name: 'f', input: {} } },
  { type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: '{}' } },
  { type: 'content_block_stop', index: 1 },
  { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 2 } },
  { type: 'message_stop' },
].map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)

const OF_CLAUDE_CODE = {
  model: 'claude-x',
  max_tokens: 100,
  stream: true,
  messages: [{ role: 'user', content: 'Hello' }],
  a_new_field: true,
}
const OF_CODEX = { model: 'gpt-x', input: 'Hello', stream: true, store: false }

async function replay(...args: string[]) {
  const { code, stdout } = await executed(replayCommand, args)
  return { code, stdout, ...parse(stdout) }
}

describe('streamgate record', function () {
  this.timeout(20_000)
  const opened = cleanup()
  afterEach(cleanUp)

  /** Records what this provider answers. */
  async function record(reply: Reply, { config = {}, args = [] }: { config?: object; args?: readonly string[] } = {}) {
    const upstream = await opened(scripted(reply))
    const files = ['--config', file({ ...target(upstream.url), api_key: '$THE_KEY', ...config }), '--request']
    const all = [...files, file(ASKED, 'request.json'), '--out', path('answer'), ...args]
    const { code, stdout, stderr } = await executed(command, all, { env: { THE_KEY: KEY } })
    const written = ['sse', 'jsonl', 'error.json', 'request.json', 'meta.json'].flatMap((ending) =>
      existsSync(path(`answer.${ending}`)) ? [[ending, readFileSync(path(`answer.${ending}`))] as const] : [],
    )
    for (const [ending, bytes] of written) assert.ok(!bytes.includes(KEY), ending)
    assert.ok(!(stdout + stderr).includes(KEY))
    const texts = Object.fromEntries(written.map(([ending, bytes]) => [ending, bytes.toString()]))
    const meta = texts['meta.json'] === undefined ? undefined : JSON.parse(texts['meta.json'])
    return { code, upstream, texts, meta, stdout, stderr }
  }

  it('keeps the body as it came, the request, and what else there is to know', async () => {
    const headers = {
      'content-type': 'text/event-stream',
      'openai-organization': 'the-organization',
      'set-cookie': 'session=1',
      'x-ratelimit-remaining-requests': '99',
    }
    const { code, upstream, texts, meta, stdout } = await record({ headers, chunks: answer('Hello', ' world') })
    assert.equal(texts.sse, answer('Hello', ' world').join(''))
    assert.equal(texts['request.json'], upstream.requests[0]?.body)
    assert.equal(upstream.requests[0]?.headers.authorization, `Bearer ${KEY}`)
    const { chunk_lengths, request_headers, response_headers, bytes, ...rest } = meta
    assert.equal(bytes, texts.sse?.length)
    assert.equal(
      chunk_lengths.reduce((sum: number, length: number) => sum + length, 0),
      bytes,
    )
    assert.deepEqual(rest, {
      file: 'answer.sse',
      provider: 'openai',
      model: 'gpt-x',
      url: `${upstream.url}/chat/completions`,
      status: 200,
      content_type: 'text/event-stream',
      framing: 'sse',
      ended: 'end',
      request: 'answer.request.json',
      fields: {},
      openai_request: { ...ASKED, stream: true },
      dialect: 'chat-completions',
      native: false,
    })
    assert.equal(request_headers.authorization, '***')
    assert.equal(request_headers['content-type'], 'application/json')
    assert.deepEqual(
      ['openai-organization', 'set-cookie', 'x-ratelimit-remaining-requests'].map((name) => response_headers[name]),
      ['***', '***', '99'],
    )
    assert.match(stdout, /answer\.sse: status 200, \d+ bytes, a whole answer\n$/)
    assert.equal(code, 0)
  })

  it('keeps what replay needs, so that it needs no options', async () => {
    await record({ chunks: answer('Hello', ' world') })
    const { code, text, done } = await replay(path('answer.sse'))
    assert.deepEqual({ code, text, done }, { code: 0, text: 'Hello world', done: true })
  })

  it("keeps the form of Cohere's old API, which replay then knows", async () => {
    const lines = [
      { event_type: 'text-generation', text: 'Hi' },
      { event_type: 'stream-end', is_finished: true, finish_reason: 'COMPLETE', response: { text: 'Hi' } },
    ].map((line) => `${JSON.stringify(line)}\n`)
    const { meta } = await record(
      { headers: { 'content-type': 'application/stream+json' }, chunks: lines },
      { config: { provider: 'cohere', api_version: 'v1' } },
    )
    assert.deepEqual([meta.framing, meta.fields], ['jsonl', { api_version: 'v1' }])
    assert.equal((await replay(path('answer.jsonl'))).text, 'Hi')
  })

  it('keeps an error, without the key that it quotes', async () => {
    const body = JSON.stringify({ error: { message: `Incorrect API key provided: ${KEY}`, type: 'x' } })
    const { code, texts, meta, stdout } = await record({ status: 401, chunks: [body] })
    assert.equal(texts['error.json'], body.replace(KEY, '*'.repeat(KEY.length)))
    assert.equal(meta.status, 401)
    assert.match(stdout, /status 401, \d+ bytes, an error\nThe answer quoted a key, which was replaced by \*\.\n$/)
    assert.equal(code, 0)

    const replayed = await replay(path('answer.error.json'))
    assert.match(JSON.parse(replayed.stdout).error.message, /^Incorrect API key provided: \*+$/)
    assert.equal(replayed.code, 1)
  })

  it('leaves no key that comes in two pieces', async () => {
    const [frame = '', ...others] = answer(`my key is ${KEY}`).slice(1)
    const at = frame.indexOf(KEY) + 5
    const { texts } = await record({ chunks: [frame.slice(0, at), frame.slice(at), ...others] })
    assert.match(texts.sse ?? '', /my key is \*+"/)
  })

  it('keeps an answer that breaks off, and replay tells so', async () => {
    for (const finish of ['cut', 'reset'] as const) {
      const { code, meta, stdout } = await record({ chunks: answer('Hello').slice(0, 2), finish })
      assert.equal(meta.ended, 'cut')
      assert.match(stdout, /truncated: The connection to the provider broke before the end of its stream\.\n$/)
      assert.equal(code, 0)
      const { frames, text } = await replay(path('answer.sse'))
      assert.deepEqual([text, frames.at(-1)?.error?.code], ['Hello', 'upstream_stream_truncated'])
      await cleanUp()
    }
  })

  it('asks the target that is named, with its own settings', async () => {
    const other = await opened(scripted({ chunks: answer('from the other') }))
    const targets = [
      target('http://127.0.0.1:1'),
      target(other.url, { name: 'b', override_params: { model: 'gpt-y' } }),
    ]
    const config = file({ targets })
    const args = ['--config', config, '--request', file(ASKED, 'request.json'), '--out', path('answer')]
    const known = await executed(command, [...args, '--target', 'b'])
    assert.equal(known.code, 0, known.stderr)
    assert.equal(JSON.parse(other.requests[0]?.body ?? '').model, 'gpt-y')

    const unknown = await executed(command, [...args.slice(0, -1), path('another'), '--target', 'c'])
    assert.equal(unknown.code, 1)
    assert.match(unknown.stderr, /gateway\.json has no target 'c', only targets\[0\], b\n$/)
  })

  it("signs with the keys that AWS's default chain finds, and keeps none of them", async () => {
    const upstream = await opened(scripted({ status: 403, chunks: ['{"message":"no AKIDOFTHISMACHINE"}'] }))
    const config = file({ provider: 'bedrock', aws_region: 'us-east-1', custom_host: upstream.url })
    const args = ['--config', config, '--request', file(ASKED, 'request.json'), '--out', path('answer')]
    const env = {
      AWS_ACCESS_KEY_ID: 'AKIDOFTHISMACHINE',
      AWS_SECRET_ACCESS_KEY: 'the-secret-of-this-machine',
      AWS_SESSION_TOKEN: 'the-session-of-this-machine',
    }
    const { code, stderr } = await executed(command, args, { env })
    assert.equal(code, 0, stderr)
    assert.match(upstream.requests[0]?.headers.authorization ?? '', /Credential=AKIDOFTHISMACHINE\//)
    for (const ending of ['error.json', 'request.json', 'meta.json']) {
      const text = readFileSync(path(`answer.${ending}`), 'utf8')
      for (const secret of Object.values(env)) assert.ok(!text.includes(secret), `${secret} in ${ending}`)
    }
  })

  // ------------------------------------------------------------------------------------------------- other dialects

  /** Records a request of this dialect to one provider. */
  async function recordIn(dialect: string, body: object, config: object, reply: Reply) {
    const upstream = await opened(scripted(reply))
    const files = ['--config', file({ ...target(upstream.url), ...config }), '--request', file(body, 'request.json')]
    const all = [...files, '--out', path('answer'), '--dialect', dialect]
    const { code, stdout, stderr } = await executed(command, all)
    assert.equal(code, 0, stderr)
    assert.match(stdout, /, a whole answer\n$/)
    const meta = JSON.parse(readFileSync(path('answer.meta.json'), 'utf8'))
    return { sent: JSON.parse(upstream.requests[0]?.body ?? ''), meta }
  }

  it('asks a provider that speaks what the client speaks in its own words, and replay has its events', async () => {
    const { sent, meta } = await recordIn('messages', OF_CLAUDE_CODE, { provider: 'anthropic' }, { chunks: native })
    assert.deepEqual(sent, OF_CLAUDE_CODE)
    assert.deepEqual([meta.dialect, meta.native, meta.client_request], ['messages', true, OF_CLAUDE_CODE])
    const { code, stdout } = await replay(path('answer.sse'))
    assert.deepEqual([code, stdout], [0, native.join('')])
    // Another client gets a translation of it.
    const chat = await replay(path('answer.sse'), '--dialect', 'chat-completions')
    assert.deepEqual([chat.text, chat.finish, chat.done], ['Hello', ['tool_calls'], true])
  })

  it('asks any other provider in a translation, and replay translates back', async () => {
    const { sent, meta } = await recordIn('messages', OF_CLAUDE_CODE, {}, { chunks: answer('Hello') })
    assert.deepEqual([sent.messages, meta.native], [OF_CLAUDE_CODE.messages, false])
    const { code, stdout } = await replay(path('answer.sse'))
    assert.equal(code, 0)
    assert.match(stdout, /^event: message_start\n[\s\S]*"text":"Hello"[\s\S]*event: message_stop\n/)
  })

  it('records what Codex asks, of whom it speaks to and of others', async () => {
    const { sent, meta } = await recordIn('responses', OF_CODEX, { provider: 'anthropic' }, { chunks: native })
    assert.deepEqual([sent.model, meta.dialect, meta.native], ['gpt-x', 'responses', false])
    const { code, stdout } = await replay(path('answer.sse'))
    assert.equal(code, 0)
    assert.match(stdout, /^event: response\.created\n[\s\S]*"type":"function_call"[\s\S]*event: response\.completed\n/)
  })

  it('ends in the error of the dialect what breaks off', async () => {
    const upstream = await opened(scripted({ chunks: native.slice(0, 3), finish: 'cut' }))
    const config = file({ ...target(upstream.url), provider: 'anthropic' })
    const files = ['--config', config, '--request', file(OF_CLAUDE_CODE, 'request.json'), '--out', path('answer')]
    const recorded = await executed(command, [...files, '--dialect', 'messages'])
    assert.equal(recorded.code, 0, recorded.stderr)
    const { code, stdout } = await replay(path('answer.sse'))
    assert.equal(code, 1)
    assert.match(
      stdout,
      /"text":"Hello"[\s\S]*content_block_stop[\s\S]*\nevent: error\ndata: \{"type":"error"[^\n]*\n\n$/,
    )
  })

  it('never writes over a file, and asks nobody then', async () => {
    file('dear to me', 'answer.meta.json')
    const upstream = await opened(scripted({ chunks: answer('hi') }))
    const args = ['--config', file(target(upstream.url)), '--request', file(ASKED, 'request.json')]
    const { code, stderr } = await executed(command, [...args, '--out', path('answer')])
    assert.match(stderr, /answer\.meta\.json exists already/)
    assert.equal(upstream.requests.length, 0)
    assert.equal(code, 1)
  })

  it('tells in one line that nobody answers, and writes nothing', async () => {
    const { code, texts, stderr } = await record({}, { config: { custom_host: REFUSED_URL } })
    assert.match(stderr, /^streamgate: The provider could not be reached \(ECONNREFUSED\)\.\n$/)
    assert.deepEqual([code, texts], [1, {}])
  })

  it('gives up in the end', async () => {
    const { code, texts, stderr } = await record(
      { chunks: answer('hi').slice(0, 2), finish: 'hang' },
      { args: ['--timeout', '1'] },
    )
    assert.match(stderr, /^streamgate: no end of the answer within 1 s, nothing was written\n$/)
    assert.deepEqual([code, texts], [1, {}])
  })

  it('tells what is wrong with the request', async () => {
    const args = ['--config', file(target('http://127.0.0.1:1')), '--request', file({ model: 'm' }, 'request.json')]
    const { code, stderr } = await executed(command, [...args, '--out', path('answer')])
    assert.equal(code, 1)
    assert.match(stderr, /^streamgate: \S+request\.json: .*messages/)
  })

  for (const [args, message] of [
    [[], 'record needs a --config'],
    [['--config', 'a'], 'record needs a --request, or --listen'],
    [['--config', 'a', '--request', 'b', '--listen', '0'], 'record takes either --request or --listen'],
    [['--config', 'a', '--listen', 'x'], "--listen must be a port, got 'x'"],
    [
      ['--config', 'a', '--request', 'b', '--dialect', 'latin'],
      "--dialect must be one of chat-completions, messages, responses, got 'latin'",
    ],
    [['--config', 'a', '--request', 'b', '--timeout', '0'], "--timeout must be a number of seconds, got '0'"],
    [['a'], "Unexpected argument 'a'"],
  ] as const) {
    it(`refuses the arguments ${args.join(' ') || 'none'}, with its usage`, async () => {
      const { code, stderr } = await executed(command, args)
      assert.equal(code, 2)
      assert.ok(stderr.startsWith(`streamgate: ${message}`), stderr)
      assert.match(stderr, /Usage: streamgate record --config FILE --request FILE/)
    })
  }
})

describe('streamgate record, while it listens', function () {
  this.timeout(20_000)

  /** A program that records what clients send to it. */
  async function listening(config: object) {
    const program = run('standalone', ['record', '--config', file(config), '--listen', '0', '--out', path('answer')])
    const [, url = ''] = await program.printed(
      /Requests to (http:\/\/127\.0\.0\.1:\d+)\/v1 go to \S+, and are recorded/,
    )
    const ask = async (at: string, body: object) => {
      const headers = { 'content-type': 'application/json', 'x-api-key': KEY, 'anthropic-beta': 'a-beta' }
      const response = await fetch(url + at, { method: 'POST', headers, body: JSON.stringify(body) })
      return { status: response.status, body: await response.text() }
    }
    return { program, url, ask }
  }

  describe('before a target of its own', () => {
    const opened = cleanup()
    afterEach(cleanUp)

    it("keeps what a client asks and gets, without the client's key", async () => {
      const upstream = await opened(scripted({ chunks: native }))
      const { program, ask } = await listening({
        ...target(upstream.url, { provider: 'anthropic' }),
        api_key: undefined,
      })
      const { status, body } = await ask('/v1/messages?beta=true', OF_CLAUDE_CODE)
      assert.deepEqual([status, body], [200, native.join('')])
      await program.printed(/answer-1\.sse: status 200, \d+ bytes, a whole answer/)
      assert.equal(upstream.requests[0]?.headers['x-api-key'], KEY)
      assert.equal(upstream.requests[0]?.headers['anthropic-beta'], 'a-beta')
      const meta = readFileSync(path('answer-1.meta.json'), 'utf8')
      assert.ok(!meta.includes(KEY))
      const { client_request, client_headers, native: past } = JSON.parse(meta)
      assert.deepEqual([client_request, client_headers, past], [OF_CLAUDE_CODE, { 'anthropic-beta': 'a-beta' }, true])
      assert.equal((await replay(path('answer-1.sse'))).stdout, body)
    })

    it("gives the client's key to no target that has one of its own, in whatever form", async () => {
      const upstream = await opened(scripted({ status: 401, chunks: ['{}'] }))
      const own = { provider: 'azure-openai', deployment_id: 'd', azure_ad_token: 'entra', custom_host: upstream.url }
      const { ask } = await listening(own)
      assert.equal((await ask('/v1/messages', OF_CLAUDE_CODE)).status, 401)
      assert.equal(upstream.requests[0]?.headers.authorization, 'Bearer entra')
      assert.ok(!JSON.stringify(upstream.requests[0]?.headers).includes(KEY))
    })
  })

  describe('asked one thing after another', () => {
    const opened = cleanup(after)
    after(cleanUp)
    let program: Program
    let url: string
    let ask: Awaited<ReturnType<typeof listening>>['ask']
    let upstream: Scripted
    let reply: Reply = {}

    before(async () => {
      upstream = await opened(scripted((req, res) => void play(reply, req, res)))
      const config = { ...target(upstream.url), api_key: KEY, models: { fast: 'gpt-x' } }
      ;({ program, url, ask } = await listening(config))
    })

    it('numbers the requests, of each dialect, as streams and in one piece', async () => {
      reply = { chunks: answer('Hello') }
      assert.match((await ask('/v1/chat/completions', { ...ASKED, stream: true })).body, /data: \[DONE\]\n\n$/)
      const whole = JSON.parse((await ask('/v1/messages', { ...OF_CLAUDE_CODE, model: 'fast', stream: false })).body)
      assert.deepEqual([whole.type, whole.content], ['message', [{ type: 'text', text: 'Hello', citations: null }]])
      assert.equal(JSON.parse(upstream.requests[1]?.body ?? '').model, 'gpt-x')
      assert.deepEqual(
        [1, 2].map((number) => existsSync(path(`answer-${number}.meta.json`))),
        [true, true],
      )
      const models = (await (await fetch(`${url}/v1/models`)).json()) as { data: { id: string }[] }
      assert.deepEqual(
        models.data.map(({ id }) => id),
        ['fast'],
      )
    })

    it('keeps an error, and answers with it in the words of the dialect', async () => {
      reply = { status: 429, chunks: ['{"error":{"message":"Slow down."}}'] }
      const { status, body } = await ask('/v1/messages', OF_CLAUDE_CODE)
      assert.deepEqual([status, JSON.parse(body).error], [429, { type: 'rate_limit_error', message: 'Slow down.' }])
      await program.printed(/answer-3\.error\.json: status 429/)
    })

    it('hands on no key of the config that an answer quotes', async () => {
      reply = { status: 401, chunks: [`{"error":{"message":"Wrong: ${KEY}"}}`] }
      assert.deepEqual(
        JSON.parse((await ask('/v1/messages', OF_CLAUDE_CODE)).body).error.message,
        `Wrong: ${'*'.repeat(KEY.length)}`,
      )
    })

    it('tells a client of an answer that broke off before its first content', async () => {
      reply = { chunks: [], finish: 'cut' }
      const { status, body } = await ask('/v1/messages', OF_CLAUDE_CODE)
      assert.deepEqual([status, JSON.parse(body).type], [502, 'error'])
    })

    it('refuses what is no request, and goes on', async () => {
      reply = { chunks: answer('Hello') }
      const before = upstream.requests.length
      assert.equal((await ask('/v1/messages', { messages: 1 })).status, 400)
      await program.printed(/streamgate: \S+answer-6: \S+/)
      assert.equal((await ask('/v1/messages', OF_CLAUDE_CODE)).status, 200)
      assert.equal(upstream.requests.length - before, 1)
    })
  })
})
