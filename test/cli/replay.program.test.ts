import assert from 'node:assert/strict'
import { EventStreamCodec } from '@smithy/eventstream-codec'
import { replay as command } from '../../lib/cli/replay.ts'
import { cleanUp, file, run } from '../examples/process.ts'
import { parse } from '../helpers/client.ts'
import { answer } from '../helpers/upstream.ts'
import { executed } from './executed.ts'

// ---------------------------------------------------------------------- one answer, "Hello world", in each framing

const event = (data: { type: string }) => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`
const said = (text: string) => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })
const anthropic = [
  { type: 'message_start', message: { id: 'msg_1', role: 'assistant', model: 'claude-x', content: [], usage: {} } },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  said('Hello'),
  said(' world'),
  { type: 'content_block_stop', index: 0 },
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 2 } },
  { type: 'message_stop' },
].map(event)

const gemini = (text: string, finishReason?: string) => ({
  candidates: [{ index: 0, content: { role: 'model', parts: [{ text }] }, ...(finishReason && { finishReason }) }],
})
const geminiArray = JSON.stringify([gemini('Hello'), gemini(' world', 'STOP')])
const geminiSse = [gemini('Hello'), gemini(' world', 'STOP')]
  .map((each) => `data: ${JSON.stringify(each)}\n\n`)
  .join('')

const cohere = [
  { event_type: 'stream-start', generation_id: 'g' },
  { event_type: 'text-generation', text: 'Hello' },
  { event_type: 'text-generation', text: ' world' },
  { event_type: 'stream-end', is_finished: true, finish_reason: 'COMPLETE', response: { text: 'Hello world' } },
].map((each) => `${JSON.stringify(each)}\n`)

const codec = new EventStreamCodec(
  (bytes) => (typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString()),
  (text) => Buffer.from(text),
)
const frame = (type: string, payload: unknown) =>
  Buffer.from(
    codec.encode({
      headers: {
        ':message-type': { type: 'string', value: 'event' },
        ':event-type': { type: 'string', value: type },
        ':content-type': { type: 'string', value: 'application/json' },
      },
      body: Buffer.from(JSON.stringify(payload)),
    }),
  )
const bedrock = Buffer.concat([
  frame('messageStart', { role: 'assistant' }),
  frame('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'Hello' } }),
  frame('contentBlockDelta', { contentBlockIndex: 0, delta: { text: ' world' } }),
  frame('contentBlockStop', { contentBlockIndex: 0 }),
  frame('messageStop', { stopReason: 'end_turn' }),
  frame('metadata', { usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 } }),
])

describe('streamgate replay', function () {
  this.timeout(20_000)
  afterEach(cleanUp)

  async function replay(args: readonly string[], input?: string | Buffer) {
    const { code, stdout, stderr } = await executed(command, args, input === undefined ? {} : { input })
    return { code, stdout, stderr, ...parse(stdout) }
  }

  for (const [name, body, args] of [
    ['server-sent events', anthropic.join(''), ['--provider', 'anthropic']],
    ['OpenAI itself', answer('Hello', ' world').join(''), ['--provider', 'openai']],
    ['a JSON array', geminiArray, ['--provider', 'google']],
    ['events where an array could be', geminiSse, ['--provider', 'google']],
    ['JSON lines', cohere.join(''), ['--provider', 'cohere', '--field', 'api_version=v1']],
    [
      'JSON lines that are told to be',
      cohere.join(''),
      ['--provider', 'cohere', '--field', 'api_version=v1', '--framing', 'json-lines'],
    ],
    ['AWS frames', bedrock, ['--provider', 'bedrock', '--model', 'amazon.nova-lite-v1:0']],
  ] as const) {
    it(`turns ${name} into OpenAI's stream`, async () => {
      const { code, text, finish, done, frames, stderr } = await replay([file(body, 'body'), ...args])
      assert.deepEqual(
        { text, finish, done, stderr },
        { text: 'Hello world', finish: ['stop'], done: true, stderr: '' },
      )
      const roles = frames.flatMap(({ choices }) => choices.flatMap(({ delta }) => delta.role ?? []))
      assert.deepEqual(roles, ['assistant'])
      assert.equal(frames[0]?.choices[0]?.delta.role, 'assistant')
      assert.equal(code, 0)
    })
  }

  it("passes a body of the client's own dialect on as it is", async () => {
    const { code, stdout } = await replay([
      file(anthropic.join(''), 'body'),
      '--provider',
      'anthropic',
      '--dialect',
      'messages',
    ])
    assert.deepEqual([code, stdout], [0, anthropic.join('')])
  })

  it('turns any other into it', async () => {
    const { code, stdout } = await replay([
      file(anthropic.join(''), 'body'),
      '--provider',
      'anthropic',
      '--dialect',
      'responses',
    ])
    assert.equal(code, 0)
    assert.match(stdout, /"text":"Hello world"[\s\S]*event: response\.completed\n/)
  })

  it('has the error of the dialect', async () => {
    const body = { error: { message: 'Slow down.' } }
    const args = ['--provider', 'openai', '--status', '429', '--dialect', 'messages']
    const { code, stdout } = await replay([file(body, 'body'), ...args])
    assert.deepEqual([code, JSON.parse(stdout).error], [1, { type: 'rate_limit_error', message: 'Slow down.' }])
  })

  it('reads standard input, as a command of the program, and writes the same each time', async () => {
    const args = ['--provider', 'cohere', '--field', 'api_version=v1']
    const program = run('standalone', ['replay', '-', ...args], { input: cohere.join('') })
    const code = await program.exited
    const { text, done } = parse(program.stdout())
    assert.deepEqual({ code, text, done }, { code: 0, text: 'Hello world', done: true })
    assert.equal(program.stdout(), (await replay([file(cohere.join(''), 'body'), ...args])).stdout)
  })

  it('ends what is cut with the error, and exit code 1', async () => {
    const { code, text, finish, done, frames, stderr } = await replay(
      ['-', '--provider', 'anthropic'],
      anthropic.slice(0, 4).join(''),
    )
    assert.deepEqual({ code, text, finish, done }, { code: 1, text: 'Hello world', finish: [], done: false })
    assert.equal(frames.at(-1)?.error?.code, 'upstream_stream_truncated')
    assert.match(stderr, /^streamgate: truncated: .*\n$/)
  })

  it('tells what cannot be read', async () => {
    const { code, frames, stderr } = await replay(['-', '--provider', 'anthropic'], 'data: {"type":\n\n')
    assert.equal(frames[0]?.error?.code, 'upstream_response_malformed')
    assert.match(stderr, /^streamgate: malformed: .*\n$/)
    assert.equal(code, 1)
  })

  it('turns an error body into the error that a client gets', async () => {
    const body = { type: 'error', error: { type: 'rate_limit_error', message: 'Slow down.' } }
    const { code, stdout } = await replay([file(body, 'body'), '--provider', 'anthropic', '--status', '429'])
    const { error } = JSON.parse(stdout)
    assert.deepEqual([error.message, error.type], ['Slow down.', 'rate_limit_error'])
    assert.equal(code, 1)
  })

  it('stops when nobody reads on', async () => {
    const long = [...anthropic.slice(0, 2), event(said('x'.repeat(1_000_000))).repeat(20), ...anthropic.slice(4)]
    const program = run('standalone', ['replay', file(long.join(''), 'body'), '--provider', 'anthropic'])
    program.child.stdout?.once('data', () => program.child.stdout?.destroy())
    await program.exited
    assert.equal(program.stderr(), '')
  })

  for (const [args, message] of [
    [[], 'replay needs one FILE, or - for standard input'],
    [['a', 'b'], 'replay needs one FILE, or - for standard input'],
    [['a', '--framing', 'xml'], "--framing must be one of sse, json-lines, json-array, aws-eventstream, got 'xml'"],
    [['a', '--dialect', 'latin'], "--dialect must be one of chat-completions, messages, responses, got 'latin'"],
    [['a', '--status', 'ok'], "--status must be an HTTP status, got 'ok'"],
    [['a', '--field', 'api_version'], "--field must be NAME=TEXT, got 'api_version'"],
  ] as const) {
    it(`refuses the arguments ${args.join(' ') || 'none'}, with its usage`, async () => {
      const { code, stderr } = await replay(args)
      assert.ok(stderr.startsWith(`streamgate: ${message}\n\nUsage: streamgate replay FILE`), stderr)
      assert.equal(code, 2)
    })
  }

  for (const [args, message] of [
    [['a'], 'whose answer is it? Give --provider'],
    [['a', '--provider', 'nobody'], 'provider: unknown provider "nobody", expected one of anthropic, '],
    [['a', '--provider', 'cohere', '--field', 'api_version=v3'], 'api_version: must be v2 or v1 for cohere'],
    [['/no/such/file', '--provider', 'openai'], '/no/such/file cannot be read: ENOENT'],
  ] as const) {
    it(`tells what is wrong with ${args.join(' ')}`, async () => {
      const { code, stderr, stdout } = await replay(args)
      assert.ok(stderr.startsWith(`streamgate: ${message}`), stderr)
      assert.deepEqual({ code, stdout }, { code: 1, stdout: '' })
    })
  }

  it('shows its options with --help', async () => {
    const { code, stdout } = await replay(['--help'])
    assert.match(stdout, /^Usage: streamgate replay FILE --provider NAME/)
    assert.equal(code, 0)
  })
})
