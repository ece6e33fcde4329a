import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { cleanUp, file, path, run } from '../examples/process.ts'
import { parse } from '../helpers/client.ts'
import { cleanup, target } from '../helpers/gateway.ts'
import { answer, type Reply, refusedUrl, scripted } from '../helpers/upstream.ts'

const KEY = 'sk-the-key-of-the-config'
const ASKED = { model: 'gpt-x', messages: [{ role: 'user', content: 'Hello' }], temperature: 0.5 }

describe('streamgate record', function () {
  this.timeout(20_000)
  const opened = cleanup()
  afterEach(cleanUp)

  /** Records what this provider answers. */
  async function record(reply: Reply, { config = {}, args = [] }: { config?: object; args?: readonly string[] } = {}) {
    const upstream = await opened(scripted(reply))
    const files = ['--config', file({ ...target(upstream.url), api_key: '$THE_KEY', ...config }), '--request']
    const all = ['record', ...files, file(ASKED, 'request.json'), '--out', path('answer'), ...args]
    const program = run('standalone', all, { env: { THE_KEY: KEY } })
    const code = await program.exited
    const written = ['sse', 'jsonl', 'error.json', 'request.json', 'meta.json'].flatMap((ending) =>
      existsSync(path(`answer.${ending}`)) ? [[ending, readFileSync(path(`answer.${ending}`))] as const] : [],
    )
    for (const [ending, bytes] of written) assert.ok(!bytes.includes(KEY), ending)
    assert.ok(!(program.stdout() + program.stderr()).includes(KEY))
    const texts = Object.fromEntries(written.map(([ending, bytes]) => [ending, bytes.toString()]))
    const meta = texts['meta.json'] === undefined ? undefined : JSON.parse(texts['meta.json'])
    return { code, upstream, texts, meta, stdout: program.stdout(), stderr: program.stderr() }
  }

  async function replay(...args: string[]) {
    const program = run('standalone', ['replay', ...args])
    return { code: await program.exited, stdout: program.stdout(), ...parse(program.stdout()) }
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
    const program = run('standalone', ['record', ...args, '--target', 'b'])
    assert.equal(await program.exited, 0)
    assert.equal(JSON.parse(other.requests[0]?.body ?? '').model, 'gpt-y')

    const unknown = run('standalone', ['record', ...args.slice(0, -1), path('another'), '--target', 'c'])
    assert.equal(await unknown.exited, 1)
    assert.match(unknown.stderr(), /gateway\.json has no target 'c', only targets\[0\], b\n$/)
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
    const program = run('standalone', ['record', ...args], { env })
    assert.equal(await program.exited, 0, program.stderr())
    assert.match(upstream.requests[0]?.headers.authorization ?? '', /Credential=AKIDOFTHISMACHINE\//)
    for (const ending of ['error.json', 'request.json', 'meta.json']) {
      const text = readFileSync(path(`answer.${ending}`), 'utf8')
      for (const secret of Object.values(env)) assert.ok(!text.includes(secret), `${secret} in ${ending}`)
    }
  })

  it('never writes over a file, and asks nobody then', async () => {
    file('dear to me', 'answer.meta.json')
    const upstream = await opened(scripted({ chunks: answer('hi') }))
    const args = ['--config', file(target(upstream.url)), '--request', file(ASKED, 'request.json')]
    const program = run('standalone', ['record', ...args, '--out', path('answer')])
    const code = await program.exited
    const stderr = program.stderr()
    assert.match(stderr, /answer\.meta\.json exists already/)
    assert.equal(upstream.requests.length, 0)
    assert.equal(code, 1)
  })

  it('tells in one line that nobody answers, and writes nothing', async () => {
    const { code, texts, stderr } = await record({}, { config: { custom_host: await refusedUrl() } })
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
    const program = run('standalone', ['record', ...args, '--out', path('answer')])
    assert.equal(await program.exited, 1)
    assert.match(program.stderr(), /^streamgate: \S+request\.json: .*messages/)
  })

  for (const [args, message] of [
    [[], 'record needs a --config'],
    [['--config', 'a'], 'record needs a --request'],
    [['--config', 'a', '--request', 'b', '--timeout', '0'], "--timeout must be a number of seconds, got '0'"],
    [['a'], "Unexpected argument 'a'"],
  ] as const) {
    it(`refuses the arguments ${args.join(' ') || 'none'}, with its usage`, async () => {
      const program = run('standalone', ['record', ...args])
      assert.equal(await program.exited, 2)
      assert.ok(program.stderr().startsWith(`streamgate: ${message}`), program.stderr())
      assert.match(program.stderr(), /Usage: streamgate record --config FILE --request FILE/)
    })
  }
})
