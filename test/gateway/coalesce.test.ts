import assert from 'node:assert/strict'
import { newCuts } from '../corpus/kinds.ts'
import { type Answer, chat, HELLO, open, parse } from '../helpers/client.ts'
import { cleanup, fallback, gateway, target } from '../helpers/gateway.ts'
import { answer, DONE, frame, openaiChunk, type Reply, ROLE, STOP, scripted, text, USAGE } from '../helpers/upstream.ts'

/** Longer than any test: what is held goes out by its number, or since something comes behind it. */
const LONG = 60_000
const WORDS = 'The quick brown fox jumps over the lazy dog.'.split(/(?<= )/)

/** The whole body; `onMark` is called when so much of it has come. */
async function readAll(url: string, mark: string, onMark: () => void): Promise<string> {
  const response = await open(url)
  let body = ''
  response.setEncoding('utf8')
  for await (const part of response) {
    body += part
    if (body.includes(mark)) onMark()
  }
  return body
}

describe('coalesce', () => {
  const opened = cleanup()
  const pieces = ({ frames }: Answer) => frames.flatMap(({ choices }) => choices?.[0]?.delta.content || [])

  it('joins small pieces of text, but for the first', async () => {
    const up = await opened(scripted({ chunks: [[ROLE, ...WORDS.map(text), STOP, DONE].join('')] }))
    const plain = await opened(gateway(target(up.url)))
    assert.deepEqual(pieces(await chat(plain.url)), WORDS)

    const joined = await opened(gateway({ ...target(up.url), coalesce: { ms: LONG, chars: 15 } }))
    const result = await chat(joined.url)
    assert.equal(result.text, WORDS.join(''))
    assert.deepEqual(pieces(result), ['The ', 'quick brown fox ', 'jumps over the ', 'lazy dog.'])
    assert.deepEqual([result.finish, result.done], [['stop'], true])
    const unstreamed = await chat(joined.url, { ...HELLO, stream: false })
    assert.equal(JSON.parse(unstreamed.body).choices[0].message.content, WORDS.join(''))
  })

  it('lets go of what it holds when time is up, though nothing follows', async () => {
    const received = Promise.withResolvers<void>()
    const chunks = [[ROLE, ...WORDS.map(text)].join(''), [STOP, DONE].join('')]
    const up = await opened(scripted({ chunks, gate: () => received.promise }))
    for (const coalesce of [{ ms: 5 }, { chars: 10_000 }]) {
      const gate = await opened(gateway({ ...target(up.url), coalesce }))
      // The provider goes on only when the client has all of it.
      const body = await readAll(gate.url, 'dog.', received.resolve)
      assert.match(body, /\[DONE\]/)
    }
  })

  it('goes on behind a long text, the end of which is held', async () => {
    const received = Promise.withResolvers<void>()
    const long = `${'x'.repeat(2 * 64 * 1024)} and a little more.`
    const up = await opened(
      scripted({ chunks: [ROLE + text(long), text(' And more.') + STOP + DONE], gate: () => received.promise }),
    )
    const gate = await opened(gateway({ ...target(up.url), coalesce: { ms: 50 } }))
    const body = await readAll(gate.url, 'a little more.', received.resolve)
    assert.equal(parse(body).text, `${long} And more.`)
    assert.match(body, /\[DONE\]/)
  })

  it('keeps the order of reasoning, text, calls and the end', async () => {
    const call = openaiChunk({
      tool_calls: [{ index: 0, id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }],
    })
    const thoughts = ['hm ', 'well ', 'so '].map((reasoning_content) => openaiChunk({ reasoning_content }))
    const up = await opened(
      scripted({
        chunks: [[ROLE, ...thoughts, ...WORDS.map(text), call, openaiChunk({}, 'tool_calls'), USAGE, DONE].join('')],
      }),
    )
    const gate = await opened(gateway({ ...target(up.url), coalesce: { ms: LONG }, tool_calls: 'live' }))
    const { frames, done } = await chat(gate.url, { ...HELLO, stream_options: { include_usage: true } })
    const told = frames.map(({ choices, usage }) => {
      const [choice] = choices
      return (
        choice?.finish_reason ??
        Object.entries(choice?.delta ?? { usage: usage?.total_tokens })
          .map(String)
          .join()
      )
    })
    assert.deepEqual(
      told.filter((each) => !each.startsWith('role')),
      [
        'reasoning_content,hm ',
        'reasoning_content,well so ',
        `content,${WORDS.join('')}`,
        'tool_calls,[object Object]',
        'tool_calls',
        'usage,5',
      ],
    )
    assert.equal(done, true)
  })

  it('loses nothing of what it holds when the answer is lost', async () => {
    const up = await opened(scripted({ chunks: [ROLE + WORDS.map(text).join('')], finish: 'cut' }))
    const gate = await opened(gateway({ ...target(up.url), coalesce: { ms: LONG } }))
    const result = await chat(gate.url)
    assert.equal(result.text, WORDS.join(''))
    assert.ok(result.frames.at(-1)?.error)
  })

  it('announces a restart behind what it holds', async () => {
    const bad = await opened(scripted({ chunks: [ROLE + WORDS.map(text).join('')], finish: 'cut' }))
    const good = await opened(scripted({ chunks: answer('An', 'other ', 'one') }))
    const gate = await opened(gateway({ ...fallback(target(bad.url), target(good.url)), coalesce: { ms: LONG } }))
    const { frames, done } = await chat(gate.url)
    const at = frames.findIndex((frame) => frame.streamgate)
    const said = (part: Answer['frames']) => part.map(({ choices }) => choices[0]?.delta.content ?? '').join('')
    assert.deepEqual([said(frames.slice(0, at)), said(frames.slice(at)), done], [WORDS.join(''), 'Another one', true])
  })

  for (const coalesce of [{ ms: 1 }, { ms: LONG, chars: 3 }]) {
    it(`cut anywhere it is whole with an intact second target, nothing lost or doubled (${JSON.stringify(coalesce)})`, async () => {
      const short = (delta: unknown, finish_reason?: string) => frame({ choices: [{ index: 0, delta, finish_reason }] })
      const words = ['Grü', 'ße, ', 'We', 'lt'].map((content) => short({ content }))
      const body = Buffer.from([...words, short({}, 'stop'), DONE].join(''))
      const terminal = body.indexOf('[DONE]') + '[DONE]'.length
      // The first cut of each kind, before the finish reason and behind it; and each behind a line, since more is held there.
      const kinds = newCuts()
      const [isNewBefore, isNewBehind] = [kinds('before', body), kinds('behind', body)]
      const isNew = (cut: number) => (cut > body.indexOf('"stop"') ? isNewBehind : isNewBefore)(cut)
      const all = Array.from({ length: terminal }, (_, cut) => cut)
      const cuts = all.filter((cut) => isNew(cut) || body[cut - 1] === 0x0a)
      const replies = cuts.map((cut): Reply => {
        // From the finish reason on a clean end is the answer's, too.
        const isCut = cut % 2 === 0 || cut > body.indexOf('"stop"')
        return { chunks: [body.subarray(0, cut)], finish: isCut ? 'cut' : 'end' }
      })
      // Each is asked for twice.
      const bad = await opened(scripted(...replies.flatMap((reply) => [reply, reply])))
      const whole = await opened(scripted({ chunks: answer('Grüße', ', ', 'Welt') }))
      const rest = await opened(scripted({ chunks: answer('Grüße, alle Welt') }))
      const same = await opened(gateway({ ...fallback(target(bad.url), target(whole.url)), coalesce }))
      const other = await opened(gateway({ ...fallback(target(bad.url), target(rest.url)), coalesce }))
      for (const cut of cuts) {
        const spliced = await chat(same.url)
        assert.deepEqual([spliced.text, spliced.done, spliced.comments], ['Grüße, Welt', true, []], `cut at ${cut}`)
        const { frames, done } = await chat(other.url)
        const restarted = frames.findIndex((frame) => frame.streamgate)
        const said = frames.slice(Math.max(0, restarted)).map(({ choices }) => choices[0]?.delta.content ?? '')
        assert.deepEqual([said.join(''), done], ['Grüße, alle Welt', true], `cut at ${cut}`)
      }
    }).timeout(120_000)
  }

  it('goes on with a broken answer by what it holds, too', async () => {
    const bad = await opened(scripted({ chunks: [ROLE + WORDS.slice(0, 6).map(text).join('')], finish: 'cut' }))
    const good = await opened(scripted({ chunks: answer(' the ', 'lazy ', 'dog.') }))
    const config = { ...fallback(target(bad.url), target(good.url, { prefill: true })), mid_stream: 'continue' }
    const gate = await opened(gateway({ ...config, coalesce: { ms: LONG } }))
    const result = await chat(gate.url)
    assert.equal(result.text, WORDS.join(''))
    const told = JSON.parse(good.requests[0]?.body ?? '{}').messages.at(-1)
    assert.deepEqual(told, { role: 'assistant', content: 'The quick brown fox jumps over' })
  })

  it('holds nothing for a client that has left', async () => {
    const up = await opened(scripted({ chunks: [ROLE + WORDS.map(text).join('')], finish: 'hang' }))
    const gate = await opened(gateway({ ...target(up.url), coalesce: { ms: LONG } }))
    const response = await open(gate.url)
    response.once('data', () => response.destroy())
    assert.equal((await gate.finished()).outcome, 'aborted')
  })
})
