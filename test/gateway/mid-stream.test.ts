import assert from 'node:assert/strict'
import { Transform } from 'node:stream'
import OpenAI from 'openai'
import { newCuts } from '../corpus/kinds.ts'
import { chat, HELLO } from '../helpers/client.ts'
import { cleanup, describeMounts, fallback, target } from '../helpers/gateway.ts'
import { turn } from '../helpers/stages.ts'
import {
  answer,
  DONE,
  frame,
  openaiChunk,
  play,
  type Reply,
  ROLE,
  STOP,
  scripted,
  text,
  USAGE,
} from '../helpers/upstream.ts'

const OVERLOADED = frame({ error: { message: 'Overloaded', type: 'server_error', param: null, code: 'overloaded' } })

/** Every way of breaking after some text. */
const BREAKS: Record<string, Partial<Reply>> = {
  'a clean end without a terminal': {},
  'a cut connection': { finish: 'cut' },
  'a reset': { finish: 'reset' },
  'an error frame': { chunks: [OVERLOADED] },
  'a finish reason that is none': { chunks: [openaiChunk({}, 'abort')] },
  'a finish reason and a cut': { chunks: [STOP], finish: 'cut' },
  'a finish reason and a reset': { chunks: [STOP], finish: 'reset' },
  'an event that is not JSON': { chunks: [frame('{"choices":')] },
  'half a line': { chunks: ['data: {"choices":[{"index":0,"del'], finish: 'cut' },
}

function broken(name: string, ...words: string[]): Reply {
  const reply = BREAKS[name] ?? {}
  return { ...reply, chunks: [ROLE, ...words.map(text), ...(reply.chunks ?? [])] }
}

describeMounts('a stream that breaks after its first content', (gateway) => {
  const opened = cleanup()

  for (const name of Object.keys(BREAKS)) {
    it(`${name}: the same answer from the next target is spliced on, seamlessly`, async () => {
      const bad = await opened(scripted(broken(name, 'The quick ', 'brown')))
      const good = await opened(scripted({ chunks: answer('The ', 'quick bro', 'wn fox') }))
      const gate = await opened(gateway(fallback(target(bad.url), target(good.url))))
      const result = await chat(gate.url)

      assert.equal(result.text, 'The quick brown fox')
      assert.deepEqual(result.finish, ['stop'])
      assert.equal(result.done, true)
      assert.deepEqual(result.comments, [])
      assert.equal(result.frames.filter(({ choices }) => choices[0]?.delta.role).length, 1)
      assert.equal(result.frames.filter((each) => each.streamgate).length, 0)
    })

    it(`${name}: another answer from the next target is announced and starts over`, async () => {
      const bad = await opened(scripted(broken(name, 'The quick ', 'brown')))
      const good = await opened(scripted({ chunks: answer('The ', 'quick red ', 'fox') }))
      const gate = await opened(gateway(fallback(target(bad.url), target(good.url, { name: 'second' }))))
      const result = await chat(gate.url)

      assert.equal(result.comments.length, 1)
      assert.match(
        result.comments[0] ?? '',
        /^restart: attempt 3, openai, after (truncated|in-band|malformed|broken-end)$/,
      )
      const at = result.frames.findIndex((each) => each.streamgate)
      const notice = result.frames[at]
      assert.deepEqual(
        { ...notice?.streamgate, reason: undefined },
        { event: 'restart', attempt: 3, provider: 'openai', reason: undefined },
      )
      assert.equal(notice?.choices[0]?.delta.role, 'assistant')
      const after = result.frames.slice(at).map(({ choices }) => choices[0]?.delta.content ?? '')
      assert.equal(after.join(''), 'The quick red fox')
      assert.deepEqual(result.finish, ['stop'])
      assert.equal(result.done, true)
      assert.equal(new Set(result.frames.map(({ id, created, model }) => `${id} ${created} ${model}`)).size, 1)
    })

    it(`${name}: with no target left the client gets the error, no finish reason and no [DONE]`, async () => {
      const bad = await opened(scripted(broken(name, 'The quick ', 'brown')))
      const gate = await opened(gateway(target(bad.url)))
      const result = await chat(gate.url)

      assert.equal(result.status, 200)
      assert.equal(result.text, 'The quick brown')
      const last = result.frames.at(-1)
      assert.deepEqual(Object.keys(last?.error ?? {}).sort(), ['code', 'message', 'param', 'type'])
      assert.deepEqual(result.finish, [])
      assert.equal(result.done, false)
      assert.ok(!result.body.includes('[DONE]'))
      assert.equal(result.broken, false)
    })
  }

  it('the official SDK raises an error on the lost answer', async () => {
    const bad = await opened(scripted(broken('a reset', 'The quick ')))
    const gate = await opened(gateway(target(bad.url)))
    const client = new OpenAI({ apiKey: 'sk-test', maxRetries: 0, ...gate.sdk })
    const stream = client.chat.completions.stream({ model: 'm', messages: [{ role: 'user', content: 'hi' }] })
    await assert.rejects(stream.finalChatCompletion(), OpenAI.APIError)
  })

  it('a reset after the terminal is a whole answer', async () => {
    const up = await opened(scripted({ chunks: answer('done'), finish: 'reset' }))
    const gate = await opened(gateway(target(up.url)))
    const result = await chat(gate.url)
    assert.equal(result.text, 'done')
    assert.equal(result.done, true)
    assert.equal(gate.outcomes[0]?.outcome, 'whole')
  })

  it('a terminal without its blank line, at the end of the body, is a whole answer', async () => {
    for (const missing of [1, 2]) {
      const up = await opened(scripted({ chunks: [answer('fine').join('').slice(0, -missing)] }))
      const gate = await opened(gateway(target(up.url)))
      const { text: told, done, finish } = await chat(gate.url)
      assert.deepEqual({ told, done, finish }, { told: 'fine', done: true, finish: ['stop'] })
    }
  })

  it('what comes after the terminal is not looked at', async () => {
    const up = await opened(scripted({ chunks: [...answer('done'), text(' and more'), frame('{'), OVERLOADED] }))
    const gate = await opened(gateway(target(up.url)))
    const result = await chat(gate.url)
    assert.equal(result.text, 'done')
    assert.equal(result.done, true)
  })

  it('a shorter answer that the client has in full already is announced, not passed off as the end', async () => {
    const bad = await opened(scripted(broken('a reset', 'The quick brown')))
    const good = await opened(scripted({ chunks: answer('The quick') }))
    const gate = await opened(gateway(fallback(target(bad.url), target(good.url))))
    const result = await chat(gate.url)
    const at = result.frames.findIndex((each) => each.streamgate)
    assert.notEqual(at, -1)
    assert.equal(
      result.frames
        .slice(at)
        .map(({ choices }) => choices[0]?.delta.content ?? '')
        .join(''),
      'The quick',
    )
    assert.equal(result.done, true)
  })

  it('an empty answer after some text is no answer', async () => {
    const bad = await opened(scripted(broken('a reset', 'The quick brown')))
    const good = await opened(scripted({ chunks: [ROLE, STOP, DONE] }))
    const gate = await opened(gateway(fallback(target(bad.url), target(good.url))))
    const result = await chat(gate.url)
    assert.deepEqual([result.comments, result.finish], [[], []])
    assert.equal(result.frames.at(-1)?.error?.code, 'upstream_answer_unusable')
  })

  it('breaks twice and is still spliced from the first character on', async () => {
    const first = await opened(scripted(broken('a reset', 'The quick ')))
    const second = await opened(scripted(broken('an error frame', 'The quick brown ')))
    const third = await opened(scripted(broken('a cut connection', 'The')))
    const good = await opened(scripted({ chunks: answer('The quick brown fox') }))
    const gate = await opened(gateway(fallback(...[first, second, third, good].map(({ url }) => target(url)))))
    const result = await chat(gate.url)
    assert.equal(result.text, 'The quick brown fox')
    assert.deepEqual(result.comments, [])
    assert.equal(result.done, true)
  })

  it('a second break after an announced restart is compared with the new answer', async () => {
    const first = await opened(scripted(broken('a reset', 'One answer')))
    const second = await opened(scripted(broken('a reset', 'Another ')))
    const good = await opened(scripted({ chunks: answer('Another', ' one') }))
    const gate = await opened(gateway(fallback(...[first, second, good].map(({ url }) => target(url)))))
    const result = await chat(gate.url)
    assert.equal(result.comments.length, 1)
    assert.equal(result.text, 'One answerAnother one')
    assert.equal(result.done, true)
  })

  it('reasoning already sent is spliced like text', async () => {
    const reasoning = (words: string) => openaiChunk({ reasoning_content: words })
    const bad = await opened(
      scripted({ chunks: [ROLE, reasoning('Let me '), reasoning('see. '), text('It')], finish: 'cut' }),
    )
    const good = await opened(scripted({ chunks: [ROLE, reasoning('Let me see. '), text('It is'), STOP, DONE] }))
    const gate = await opened(gateway(fallback(target(bad.url), target(good.url))))
    const result = await chat(gate.url)
    assert.deepEqual(result.comments, [])
    assert.equal(result.frames.map(({ choices }) => choices[0]?.delta.reasoning_content ?? '').join(''), 'Let me see. ')
    assert.equal(result.text, 'It is')
  })

  describe('sources that were told', () => {
    const source = (url: string) => ({
      type: 'url_citation',
      url_citation: { start_index: 0, end_index: 3, url, title: 't' },
    })
    const sources = (...urls: string[]) => openaiChunk({ annotations: urls.map(source) })
    async function told(...fresh: string[]) {
      const bad = await opened(
        scripted({ chunks: [ROLE, text('The '), sources('a', 'b'), text('fox')], finish: 'cut' }),
      )
      const good = await opened(scripted({ chunks: [ROLE, ...fresh, STOP, DONE] }))
      const gate = await opened(gateway(fallback(target(bad.url), target(good.url))))
      const result = await chat(gate.url)
      assert.equal(result.done, true)
      const urls = result.frames.map(({ choices }) =>
        choices[0]?.delta.annotations?.map((each) => each.url_citation.url),
      )
      return { result, urls: urls.filter((each) => each !== undefined) }
    }

    it('are not told again after a splice, and new ones are', async () => {
      const { result, urls } = await told(text('The fox'), sources('b', 'c'), sources('a'), text(' jumps'))
      assert.deepEqual([result.text, result.comments], ['The fox jumps', []])
      assert.deepEqual(urls, [['a', 'b'], ['c']])
      // A piece of which nothing is left does not go out.
      assert.ok(
        result.frames.every(({ choices }) => choices[0]?.finish_reason || Object.keys(choices[0]?.delta ?? {})[0]),
      )
    })

    it('are told again after a restart', async () => {
      const { result, urls } = await told(text('A fox'), sources('a'))
      assert.equal(result.comments.length, 1)
      assert.deepEqual(urls, [['a', 'b'], ['a']])
    })
  })

  it('is told by what broke it, not by the half event that was left', async () => {
    const bad = await opened(scripted(broken('half a line', 'Hel')))
    const gate = await opened(gateway(target(bad.url)))
    assert.equal((await chat(gate.url)).frames.at(-1)?.error?.code, 'upstream_stream_truncated')
    assert.match(gate.attempts[0]?.failure?.message ?? '', /connection/)
  })

  it('an error told before a reset stays the reason, even if it is read after that', async () => {
    const passed = Promise.withResolvers<void>()
    const slow = () =>
      new Transform({
        objectMode: true,
        transform: (chunk, _encoding, done) => void passed.promise.then(() => done(null, chunk)),
      })
    // As many reads as the stages hold, so that the error still waits in them when the connection is gone.
    const chunks = [ROLE, ...Array(70).fill(text('x')), OVERLOADED]
    const read = async () => {
      for (let turns = 0; turns < 3; turns += 1) await turn()
    }
    const bad = await opened(scripted({ chunks, gate: read, finish: 'reset' }))
    const gate = await opened(gateway(target(bad.url), { transforms: () => [slow()] }))
    const result = chat(gate.url)
    await (await bad.request(0)).closed
    const other = await opened(gateway(target((await opened(scripted({ chunks: answer('other') }))).url)))
    await chat(other.url)
    passed.resolve()
    assert.equal((await result).frames.at(-1)?.error?.code, 'overloaded')
  })

  it('of a provider without a terminal is whole at a clean end, and not at a reset', async () => {
    const piece = { candidates: [{ content: { parts: [{ text: 'done' }] }, finishReason: 'STOP' }] }
    for (const [finish, whole] of [
      ['end', true],
      ['cut', false],
      ['reset', false],
    ] as const) {
      const up = await opened(scripted({ chunks: [frame(piece)], finish }))
      const gate = await opened(gateway({ provider: 'google', api_key: 'k', custom_host: up.url }))
      const result = await chat(gate.url)
      assert.deepEqual([result.text, result.done, result.finish], ['done', whole, whole ? ['stop'] : []])
    }
  })

  it('is retried on the same target first, then on the next', async () => {
    const bad = await opened(scripted(broken('a reset', 'Hel')))
    const good = await opened(scripted({ chunks: answer('Hello') }))
    const config = { ...fallback(target(bad.url), target(good.url)), retry: { attempts: 1 } }
    const gate = await opened(gateway(config))
    assert.equal((await chat(gate.url)).text, 'Hello')
    assert.equal(bad.requests.length, 2)
    assert.equal(good.requests.length, 1)
  })

  it('is an error at once with mid_stream "error"', async () => {
    const bad = await opened(scripted(broken('a reset', 'Hel')))
    const good = await opened(scripted({ chunks: answer('Hello') }))
    const config = { ...fallback(target(bad.url), target(good.url)), mid_stream: 'error', retry: { attempts: 2 } }
    const gate = await opened(gateway(config))
    const result = await chat(gate.url)
    assert.equal(result.text, 'Hel')
    assert.equal(result.frames.at(-1)?.error?.code, 'upstream_stream_truncated')
    assert.equal(good.requests.length, 0)
    assert.equal(bad.requests.length, 1)
  })

  it('is invisible for stream: false, whatever had come', async () => {
    const bad = await opened(scripted(broken('a reset', 'Another answer')))
    const good = await opened(scripted({ chunks: answer('Hello') }))
    const gate = await opened(gateway(fallback(target(bad.url), target(good.url, { mid_stream: 'error' }))))
    const result = await chat(gate.url, { ...HELLO, stream: false })
    assert.equal(JSON.parse(result.body).choices[0].message.content, 'Hello')
  })

  it('is an error of HTTP for stream: false when no target is left', async () => {
    const bad = await opened(scripted(broken('a reset', 'Half an answer')))
    const gate = await opened(gateway(target(bad.url)))
    const result = await chat(gate.url, { ...HELLO, stream: false })
    assert.equal(result.status, 502)
    assert.equal(JSON.parse(result.body).error.code, 'upstream_stream_truncated')
  })

  it('several answers (n: 2) are spliced each for itself', async () => {
    const piece = (index: number, content: string) =>
      frame({
        id: 'x',
        object: 'chat.completion.chunk',
        created: 1,
        model: 'm',
        choices: [{ index, delta: { content }, finish_reason: null }],
      })
    const stop = (index: number) =>
      frame({
        id: 'x',
        object: 'chat.completion.chunk',
        created: 1,
        model: 'm',
        choices: [{ index, delta: {}, finish_reason: 'stop' }],
      })
    const bad = await opened(scripted({ chunks: [piece(0, 'a'), piece(1, 'x'), piece(0, 'b')], finish: 'cut' }))
    const good = await opened(
      scripted({ chunks: [piece(1, 'xy'), piece(0, 'abc'), piece(1, 'z'), stop(1), stop(0), DONE] }),
    )
    const gate = await opened(gateway(fallback(target(bad.url), target(good.url))))
    const result = await chat(gate.url, { ...HELLO, n: 2 })
    const of = (index: number) =>
      result.frames.map(({ choices }) => choices.find((each) => each.index === index)?.delta.content ?? '').join('')
    assert.equal(of(0), 'abc')
    assert.equal(of(1), 'xyz')
    assert.deepEqual(result.comments, [])
    assert.equal(result.done, true)
  })

  it('cut anywhere it never shows a finish reason or [DONE], and is whole with an intact second target', async () => {
    const body = Buffer.from([ROLE, text('Grüße, '), text('Welt'), STOP, USAGE, DONE].join(''))
    const whole = await opened(scripted({ chunks: answer('Grüße, ', 'Welt') }))
    // After `[DONE]` only line ends follow, which say nothing.
    const terminal = body.indexOf('[DONE]') + '[DONE]'.length
    // From the finish reason on a clean end is the answer's, too.
    const reason = body.indexOf('"stop"')
    // The first cut of each kind, before that reason and behind it.
    const kinds = newCuts()
    const [isNewBefore, isNewBehind] = [kinds('before', body), kinds('behind', body)]
    let reply: Reply = {}
    const bad = await opened(scripted((req, res) => void play(reply, req, res)))
    const alone = await opened(gateway(target(bad.url)))
    const rescued = await opened(gateway(fallback(target(bad.url), target(whole.url))))
    for (let cut = 0; cut < terminal; cut += 1) {
      if (!(cut > reason ? isNewBehind : isNewBefore)(cut)) continue
      reply = { chunks: [body.subarray(0, cut)], finish: cut % 2 === 0 || cut > reason ? 'cut' : 'end' }
      const lost = await chat(alone.url)
      assert.deepEqual(lost.finish, [], `cut at ${cut}`)
      assert.ok(!lost.body.includes('[DONE]'), `cut at ${cut}`)
      const result = await chat(rescued.url)
      assert.equal(result.text, 'Grüße, Welt', `cut at ${cut}`)
      assert.equal(result.done, true, `cut at ${cut}`)
    }
  }).timeout(60_000)
})
