import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { DEFAULT_LIMITS, type Limits } from '../../lib/options.ts'
import { chat, HELLO, open } from '../helpers/client.ts'
import { cleanup, fallback, gateway, target } from '../helpers/gateway.ts'
import { respond } from '../helpers/responses.ts'
import { answer, frame, openaiChunk, type Reply, ROLE, scripted, text } from '../helpers/upstream.ts'

/** More than all the limits here. */
const LONG = 'x'.repeat(3000)
const user = (content: unknown) => ({ role: 'user', content })

/** What a client gets for its request, or what the provider's failure was, when a limit is exceeded. */
interface Filled {
  limit: Partial<Limits>
  /** What the client asks. */
  body?: object
  /** What the provider does with it. */
  reply?: Reply | ((req: unknown, res: ServerResponse) => void)
  provider?: string
  becomes: RegExp
}

const call = { index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: LONG } }
const thinking = [
  { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: LONG } },
]
const poured = (piece: string) => (_req: unknown, res: ServerResponse) => {
  res.writeHead(200, { 'content-type': 'text/event-stream' })
  const pour = () => {
    while (res.write(piece));
    res.once('drain', pour)
  }
  pour()
}
const failing = (_req: unknown, res: ServerResponse) => res.writeHead(500).write('{')

/** Those whose excess is an error with words of its own. */
const ERRORS = {
  maxRequestBytes: {
    limit: { maxRequestBytes: 1000 },
    body: { messages: [user(LONG)] },
    becomes: /larger than 1000 b/,
  },
  maxTextBytes: { limit: { maxTextBytes: 1000 }, body: { messages: [user(LONG)] }, becomes: /at most 1000 are taken/ },
  maxRequestValues: { limit: { maxRequestValues: 5 }, body: { stop: ['a', 'b'] }, becomes: /more than 5 values/ },
  maxRequestLevels: { limit: { maxRequestLevels: 4 }, body: { x: [[[[1]]]] }, becomes: /at most 4 levels/ },
  maxMessages: {
    limit: { maxMessages: 1 },
    body: { messages: [user([{ type: 'text', text: 'a' }])] },
    becomes: /at most 1/,
  },
  maxTools: { limit: { maxTools: 0 }, body: { functions: [{ name: 'f' }] }, becomes: /at most 0 tools/ },
  maxEventBytes: { limit: { maxEventBytes: 1000 }, reply: poured(LONG), becomes: /maxEventBytes/ },
  maxToolCallBytes: {
    ...{ limit: { maxToolCallBytes: 1000 }, reply: { chunks: [openaiChunk({ tool_calls: [call] })] } },
    becomes: /maxToolCallBytes \(1000\)/,
  },
  maxHeldBytes: {
    ...{ limit: { maxHeldBytes: 1000 }, provider: 'anthropic', reply: { chunks: thinking.map(frame) } },
    becomes: /maxHeldBytes \(1000\)/,
  },
  maxAnswerBytes: {
    ...{ limit: { maxAnswerBytes: 1000 }, body: { stream: false }, reply: { chunks: answer(LONG) } },
    becomes: /maxAnswerBytes/,
  },
  errorBodyTimeout: {
    limit: { errorBodyTimeout: 20 },
    reply: failing,
    becomes: /^\{$/,
  },
} satisfies Partial<Record<keyof Limits, Filled>>

describe('what is kept has a limit, which is heeded when it is exceeded', () => {
  const opened = cleanup()
  /** Those that have a test here. */
  const held = new Set<string>(Object.keys(ERRORS))
  const holds = (limit: keyof Limits, test: () => Promise<void>) => {
    held.add(limit)
    it(limit, test)
  }

  for (const [name, { limit, becomes, ...filled }] of Object.entries<Filled>(ERRORS)) {
    it(name, async () => {
      const up = await opened(scripted(filled.reply ?? { chunks: answer('no') }))
      const gate = await opened(gateway(target(up.url, { provider: filled.provider ?? 'openai' }), { limits: limit }))
      const { status, body } = await chat(gate.url, { ...HELLO, ...filled.body })
      assert.ok(status >= 400, body)
      assert.match(JSON.parse(body).error.message, becomes)
      if (filled.body !== undefined && filled.reply === undefined) assert.equal(up.requests.length, 0)
    })
  }

  holds('maxErrorBytes', async () => {
    const up = await opened(scripted({ status: 500, headers: {}, chunks: [LONG] }))
    const gate = await opened(gateway(target(up.url), { limits: { maxErrorBytes: 100 } }))
    await chat(gate.url)
    assert.equal(gate.attempts[0]?.failure?.message.match(/x+/)?.[0].length, 100)
  })

  holds('maxTranscriptBytes', async () => {
    const bad = await opened(scripted({ chunks: [ROLE, text(LONG)], finish: 'reset' }))
    const good = await opened(scripted({ chunks: answer(LONG, ' and more') }))
    const config = { ...fallback(target(bad.url), target(good.url)), mid_stream: 'restart' }
    const gate = await opened(gateway(config, { limits: { maxTranscriptBytes: 1000 } }))
    await chat(gate.url)
    assert.equal((await gate.finished()).restarts, 1)
  })

  holds('maxMediaBytes', async () => {
    assert.match(await withImage({ maxMediaBytes: 1000 }, { headers: PNG, chunks: [LONG] }), /maxMediaBytes \(1000\)/)
  })

  holds('mediaTimeout', async () => {
    assert.match(await withImage({ mediaTimeout: 20 }, () => {}), /mediaTimeout \(20 ms\)/)
  })

  holds('maxItemBytes', async () => {
    const { first, ask } = await responses({ maxItemBytes: 20_000 })
    assert.equal(await ask(first), 200)
    for (let others = 0; others < 20; others += 1) await ask()
    assert.equal(await ask(first), 400)
  })

  holds('itemTtl', async () => {
    const { first, ask } = await responses({ itemTtl: 1 })
    let status = 200
    while (status === 200) status = await ask(first)
    assert.equal(status, 400)
  })

  holds('clientTimeout', async () => {
    const up = await opened(scripted(poured(text(LONG))))
    const gate = await opened(gateway(target(up.url), { limits: { clientTimeout: 50 } }))
    const response = await open(gate.url)
    response.on('error', () => {})
    assert.equal((await gate.finished()).outcome, 'aborted')
    response.destroy()
  })

  it('and so has each of the options', () => {
    assert.deepEqual(Object.keys(DEFAULT_LIMITS).toSorted(), [...held].toSorted())
  })

  const PNG = { 'content-type': 'image/png' }

  /** The body of the answer to a request with an image that this server has. */
  async function withImage(limits: Partial<Limits>, reply: Filled['reply'] & {}): Promise<string> {
    const media = await opened(scripted(reply))
    const up = await opened(scripted({ chunks: answer('no') }))
    const config = target(up.url, { provider: 'google' })
    const gate = await opened(gateway(config, { limits, requestConfig: { allowPrivateHosts: true } }))
    const messages = [user([{ type: 'image_url', image_url: { url: media.url } }])]
    const { body } = await chat(gate.url, { ...HELLO, messages })
    assert.equal(up.requests.length, 0)
    return body
  }

  /** The id of a response, and the status of one that is asked for, perhaps with reference to it. */
  async function responses(limits: Partial<Limits>) {
    const up = await opened(scripted({ chunks: answer(LONG) }))
    const gate = await opened(gateway(target(up.url, { provider: 'groq' }), { limits }))
    const asked = (previous?: string) =>
      respond(gate.url, { model: 'm', input: 'hi', stream: false, ...(previous && { previous_response_id: previous }) })
    const { id } = JSON.parse((await asked()).body) as { id: string }
    return { first: id, ask: async (previous?: string) => (await asked(previous)).status }
  }
})
