import assert from 'node:assert/strict'
import { chat, HELLO } from '../helpers/client.ts'
import { cleanup, fallback, gateway, target } from '../helpers/gateway.ts'
import { answer, DONE, openaiChunk, type Reply, ROLE, STOP, scripted, text } from '../helpers/upstream.ts'

const SENT = 'The quick brown fox jumps over the lazy dog'
const broken = (...words: string[]): Reply => ({ chunks: [ROLE, ...words.map(text)], finish: 'reset' })
const REFUSED: Reply = {
  status: 400,
  chunks: ['{"error":{"message":"Prefilling assistant messages is not supported","type":"invalid_request_error"}}'],
}
const config = (...targets: Record<string, unknown>[]) => ({
  ...fallback(...targets),
  mid_stream: ['continue', 'restart'],
})
const lastMessages = (body: string | undefined) => JSON.parse(body ?? '{}').messages.slice(1)

describe('mid_stream "continue"', () => {
  const opened = cleanup()

  it('gives a target that takes a prefill the text so far, and goes on right behind it', async () => {
    const bad = await opened(scripted(broken('The quick brown fox jumps ', 'over the ')))
    const good = await opened(scripted({ chunks: answer(' lazy ', 'dog') }))
    const gate = await opened(gateway(config(target(bad.url), target(good.url, { prefill: true }))))
    const result = await chat(gate.url)
    assert.equal(result.text, SENT)
    assert.deepEqual(result.comments, [])
    assert.deepEqual(result.finish, ['stop'])
    assert.equal(result.done, true)
    assert.deepEqual(lastMessages(good.requests[0]?.body), [
      { role: 'assistant', content: 'The quick brown fox jumps over the' },
    ])
  })

  for (const [name, words] of Object.entries({
    'with the space that the client has': [' lazy', ' dog'],
    'with white space alone first': [' ', 'lazy dog'],
  })) {
    it(`does not double white space when the target begins ${name}`, async () => {
      const bad = await opened(scripted(broken('The quick brown fox jumps over the ')))
      const good = await opened(scripted({ chunks: answer(...words) }))
      const gate = await opened(gateway(config(target(bad.url), target(good.url, { prefill: true }))))
      assert.equal((await chat(gate.url)).text, SENT)
    })
  }

  it('goes on in the middle of a word', async () => {
    const bad = await opened(scripted(broken('The quick brown fox jumps over the la')))
    const good = await opened(scripted({ chunks: answer('zy dog') }))
    const gate = await opened(gateway(config(target(bad.url), target(good.url, { prefill: true }))))
    assert.equal((await chat(gate.url)).text, SENT)
  })

  it('cuts the prefix off where the target repeats it', async () => {
    const bad = await opened(scripted(broken('The quick brown fox ')))
    const good = await opened(scripted({ chunks: answer('The quick', ' brown fox jumps', ' over the lazy dog') }))
    const gate = await opened(gateway(config(target(bad.url), target(good.url, { prefill: true }))))
    const result = await chat(gate.url)
    assert.equal(result.text, SENT)
    assert.deepEqual(result.comments, [])
  })

  it('asks a target without prefill to repeat the last words, and cuts behind them', async () => {
    const bad = await opened(scripted(broken('The quick brown fox jumps over the ')))
    const good = await opened(scripted({ chunks: answer('jumps  over', '\nthe lazy', ' dog') }))
    const gate = await opened(gateway(config(target(bad.url), target(good.url))))
    const result = await chat(gate.url)
    assert.equal(result.text, SENT)
    assert.deepEqual(result.comments, [])
    const [prefix, instruction] = lastMessages(good.requests[0]?.body)
    assert.deepEqual(prefix, { role: 'assistant', content: 'The quick brown fox jumps over the' })
    assert.equal(instruction.role, 'user')
    assert.match(instruction.content, /exactly/)
  })

  it('uses the configured instruction', async () => {
    const bad = await opened(scripted(broken('The quick brown fox jumps over the ')))
    const good = await opened(scripted({ chunks: answer('fox jumps over the lazy dog') }))
    const own = { ...config(target(bad.url), target(good.url)), continue_instruction: 'Weiter.' }
    const gate = await opened(gateway(own))
    assert.equal((await chat(gate.url)).text, SENT)
    assert.equal(lastMessages(good.requests[0]?.body)[1].content, 'Weiter.')
  })

  it('goes from prefill to repetition to a fresh answer on the same target, at no cost of retries', async () => {
    const bad = await opened(scripted(broken('The quick brown fox jumps over the ')))
    const good = await opened(
      scripted(REFUSED, { chunks: answer('Sure! Here is the rest: lazy dog') }, { chunks: answer(SENT) }),
    )
    const gate = await opened(gateway(config(target(bad.url), target(good.url, { prefill: true }))))
    const result = await chat(gate.url)
    assert.equal(result.text, SENT)
    assert.deepEqual(result.comments, [])
    assert.equal(good.requests.length, 3)
    assert.deepEqual(
      good.requests.map(({ body }) => lastMessages(body).length),
      [1, 2, 0],
    )
  })

  it('announces a restart where the fresh answer is another one', async () => {
    const bad = await opened(scripted(broken('The quick brown fox jumps over the ')))
    const good = await opened(scripted({ chunks: answer('No idea what you mean') }, { chunks: answer('A slow fox') }))
    const gate = await opened(gateway(config(target(bad.url), target(good.url))))
    const result = await chat(gate.url)
    assert.equal(result.comments.length, 1)
    assert.ok(result.text.endsWith('A slow fox'))
    assert.equal(result.done, true)
  })

  it('never takes a target that starts over for one that goes on', async () => {
    const bad = await opened(scripted(broken('The quick brown fox jumps over the ')))
    const good = await opened(scripted({ chunks: answer('The quick brown cat sleeps') }))
    const gate = await opened(gateway(config(target(bad.url), target(good.url, { prefill: true }))))
    const result = await chat(gate.url)
    assert.equal(result.comments.length, 1)
    const at = result.frames.findIndex((each) => each.streamgate)
    assert.equal(
      result.frames
        .slice(at)
        .map(({ choices }) => choices[0]?.delta.content ?? '')
        .join(''),
      'The quick brown cat sleeps',
    )
  })

  it('handles a second cut like the first', async () => {
    const one = await opened(scripted(broken('The quick brown fox ')))
    const two = await opened(scripted(broken(' jumps over ')))
    const three = await opened(scripted(broken('brown fox jumps over the ')))
    const four = await opened(scripted({ chunks: answer(' lazy dog') }))
    const gate = await opened(
      gateway(
        config(
          target(one.url),
          target(two.url, { prefill: true }),
          target(three.url),
          target(four.url, { prefill: true }),
        ),
      ),
    )
    const result = await chat(gate.url)
    assert.equal(result.text, SENT)
    assert.deepEqual(result.comments, [])
    assert.deepEqual(lastMessages(four.requests[0]?.body), [
      { role: 'assistant', content: 'The quick brown fox jumps over the' },
    ])
  })

  it('is lost with the error after the last target, like any other break', async () => {
    const bad = await opened(scripted(broken('The quick brown fox ')))
    const gate = await opened(gateway({ ...target(bad.url), mid_stream: 'continue' }))
    const result = await chat(gate.url)
    assert.equal(result.frames.at(-1)?.error?.code, 'upstream_stream_truncated')
    assert.equal(result.done, false)
  })

  it('does not send reasoning again', async () => {
    const reasoning = (words: string) => openaiChunk({ reasoning_content: words })
    const bad = await opened(scripted({ chunks: [ROLE, reasoning('Let me '), reasoning('see.')], finish: 'reset' }))
    const good = await opened(
      scripted({ chunks: [ROLE, reasoning('Hm, another '), reasoning('way.'), text('It is so.'), STOP, DONE] }),
    )
    const gate = await opened(gateway(config(target(bad.url), target(good.url))))
    const result = await chat(gate.url)
    assert.equal(result.frames.map(({ choices }) => choices[0]?.delta.reasoning_content ?? '').join(''), 'Let me see.')
    assert.equal(result.text, 'It is so.')
    assert.deepEqual(result.comments, [])
    assert.deepEqual(lastMessages(good.requests[0]?.body), [])
  })

  it('sends the rest of reasoning that comes again, and all that follows', async () => {
    const reasoning = (words: string) => openaiChunk({ reasoning_content: words })
    const bad = await opened(scripted({ chunks: [ROLE, reasoning('Let me '), reasoning('se')], finish: 'reset' }))
    const good = await opened(
      scripted({ chunks: [ROLE, reasoning('Let me see.'), reasoning(' Yes.'), text('It is so.'), STOP, DONE] }),
    )
    const gate = await opened(gateway(config(target(bad.url), target(good.url))))
    const result = await chat(gate.url)
    const thoughts = result.frames.map(({ choices }) => choices[0]?.delta.reasoning_content ?? '')
    assert.deepEqual([thoughts.join(''), result.text, result.comments], ['Let me see. Yes.', 'It is so.', []])
    assert.deepEqual([result.finish, result.done, gate.attempts.length], [['stop'], true, 2])
  })

  it('goes on with a call behind reasoning alone', async () => {
    const bad = await opened(scripted({ chunks: [ROLE, openaiChunk({ reasoning_content: 'Hm' })], finish: 'reset' }))
    const call = { index: 0, id: 'b', type: 'function' as const, function: { name: 'f', arguments: '{}' } }
    const good = await opened(
      scripted({
        chunks: [ROLE, openaiChunk({ reasoning_content: 'Well' }), openaiChunk({ tool_calls: [call] }), STOP, DONE],
      }),
    )
    const gate = await opened(gateway(config(target(bad.url), target(good.url))))
    const { frames, finish, comments } = await chat(gate.url)
    assert.deepEqual(
      frames.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? []),
      [call],
    )
    assert.deepEqual([finish, comments], [['tool_calls'], []])
  })

  it('asks for a held, unfinished tool call again', async () => {
    const half = openaiChunk({
      tool_calls: [{ index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '{"x"' } }],
    })
    const whole = openaiChunk({
      tool_calls: [{ index: 0, id: 'b', type: 'function', function: { name: 'f', arguments: '{"x":1}' } }],
    })
    const bad = await opened(scripted({ chunks: [ROLE, text('Let me look that up for you.'), half], finish: 'reset' }))
    const good = await opened(scripted({ chunks: [ROLE, whole, openaiChunk({}, 'tool_calls'), DONE] }))
    const gate = await opened(gateway(config(target(bad.url), target(good.url, { prefill: true }))))
    const result = await chat(gate.url)
    const calls = result.frames.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? [])
    assert.deepEqual(calls, [{ index: 0, id: 'b', type: 'function', function: { name: 'f', arguments: '{"x":1}' } }])
    assert.equal(result.text, 'Let me look that up for you.')
    assert.deepEqual(result.finish, ['tool_calls'])
  })

  it('never ends an answer with a refusal to go on', async () => {
    const bad = await opened(scripted(broken('The quick brown fox jumps over the ')))
    const refusal = { chunks: [ROLE, openaiChunk({ refusal: 'I can’t go on with that.' }), STOP, DONE] }
    const good = await opened(scripted(refusal))
    const gate = await opened(gateway(config(target(bad.url), target(good.url, { prefill: true }))))
    const result = await chat(gate.url)
    assert.equal(good.requests.length, 3)
    const at = result.frames.findIndex((each) => each.streamgate)
    const after = result.frames.slice(at).map(({ choices }) => choices[0]?.delta.refusal ?? '')
    assert.equal(after.join(''), 'I can’t go on with that.')
    assert.equal(result.done, true)
  })

  it('loses nothing that stands in one piece with the joint', async () => {
    const note = { type: 'url_citation', url_citation: { start_index: 0, end_index: 1, url: 'http://a', title: 't' } }
    const first = { index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '{"x":' } }
    const joint = openaiChunk({ content: ' lazy dog', tool_calls: [first], annotations: [note] })
    const rest = openaiChunk({ tool_calls: [{ index: 0, function: { arguments: '1}' } }] })
    const bad = await opened(scripted(broken('The quick brown fox jumps over the ')))
    const good = await opened(scripted({ chunks: [ROLE, joint, rest, openaiChunk({}, 'tool_calls'), DONE] }))
    const live = { ...config(target(bad.url), target(good.url, { prefill: true })), tool_calls: 'live' }
    const result = await chat((await opened(gateway(live))).url)
    const deltas = result.frames.map(({ choices }) => choices[0]?.delta ?? {})
    assert.equal(result.text, SENT)
    assert.deepEqual(
      deltas.flatMap(({ tool_calls }) => tool_calls ?? []),
      [first, { index: 0, function: { arguments: '1}' } }],
    )
    assert.deepEqual(
      deltas.flatMap(({ annotations }) => annotations?.map((each) => each.url_citation.url) ?? []),
      ['http://a'],
    )
    assert.deepEqual(result.finish, ['tool_calls'])
  })

  for (const [name, words, fields] of [
    ['that goes on with a prefill', [' lazy', ' dog'], { prefill: true }],
    ['that repeats the last words', ['jumps over', ' the lazy dog'], {}],
  ] as const) {
    it(`has the sources of an answer ${name} where their words are in the whole of it`, async () => {
      const own = words.join('')
      const range = { start_index: own.indexOf('lazy'), end_index: own.length }
      const source = { type: 'url_citation', url_citation: { ...range, url: 'http://a', title: 't' } }
      const cited = openaiChunk({ annotations: [source] })
      const bad = await opened(scripted(broken('The quick brown fox jumps over the ')))
      const good = await opened(scripted({ chunks: [ROLE, ...words.map(text), cited, STOP, DONE] }))
      const result = await chat((await opened(gateway(config(target(bad.url), target(good.url, fields))))).url)
      const [first] = result.frames.flatMap(({ choices }) => choices[0]?.delta.annotations ?? [])
      const { start_index, end_index } = first?.url_citation ?? {}
      assert.equal(result.text, SENT)
      assert.equal(SENT.slice(start_index, end_index), 'lazy dog')
    })
  }

  it('leaves what the client allowed in tokens less what it has', async () => {
    const bad = await opened(scripted(broken('x'.repeat(400))))
    const good = await opened(scripted({ chunks: answer('y') }))
    const gate = await opened(gateway(config(target(bad.url), target(good.url, { prefill: true }))))
    await chat(gate.url, { ...HELLO, max_tokens: 150 })
    assert.equal(JSON.parse(good.requests[0]?.body ?? '').max_tokens, 50)
  })

  it('starts over rather than go on with several answers', async () => {
    const piece = (index: number, content: string, finish: string | null = null) =>
      `data: ${JSON.stringify({ id: 'x', created: 1, model: 'm', choices: [{ index, delta: { content }, finish_reason: finish }] })}\n\n`
    const bad = await opened(
      scripted({ chunks: [piece(0, 'one long beginning'), piece(1, 'another long one')], finish: 'reset' }),
    )
    const good = await opened(
      scripted({ chunks: [piece(0, 'one long beginning.', 'stop'), piece(1, 'another long one.', 'stop'), DONE] }),
    )
    const gate = await opened(gateway(config(target(bad.url), target(good.url, { prefill: true }))))
    const result = await chat(gate.url, { ...HELLO, n: 2 })
    assert.equal(result.text, 'one long beginning.')
    assert.deepEqual(lastMessages(good.requests[0]?.body), [])
  })
})
