import assert from 'node:assert/strict'
import type { ChunkToolCall } from '../../lib/types/chunk.ts'
import { type Answer, chat, HELLO } from '../helpers/client.ts'
import { cleanup, fallback, gateway, target } from '../helpers/gateway.ts'
import { DONE, openaiChunk, ROLE, scripted, text } from '../helpers/upstream.ts'

const start = (index: number, id: string, name: string) =>
  openaiChunk({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] })
const args = (index: number, fragment: string) =>
  openaiChunk({ tool_calls: [{ index, function: { arguments: fragment } }] })
const CALLS = openaiChunk({}, 'tool_calls')

/** Joined as the SDKs do: fragments of one index, whatever they are. */
function joined(result: Answer): { id: string; name: string; arguments: string }[] {
  const calls: { id: string; name: string; arguments: string }[] = []
  const pieces = result.frames.flatMap(({ choices }) => choices?.[0]?.delta.tool_calls ?? [])
  for (const piece of pieces as ChunkToolCall[]) {
    const call = calls[piece.index] ?? { id: '', name: '', arguments: '' }
    calls[piece.index] = call
    call.id ||= piece.id ?? ''
    call.name ||= piece.function?.name ?? ''
    call.arguments += piece.function?.arguments ?? ''
  }
  return calls
}

const HALF = [ROLE, text('Looking. '), start(0, 'call_a', 'weather'), args(0, '{"city":'), args(0, '"Par')]
const WHOLE = [
  ROLE,
  text('Looking. '),
  start(0, 'call_b', 'weather'),
  args(0, '{"city":'),
  args(0, '"Paris"}'),
  start(1, 'call_c', 'time'),
  args(1, '{}'),
  CALLS,
  DONE,
]

describe('tool calls', () => {
  const opened = cleanup()

  it('are whole when a stream breaks inside a call and another target answers', async () => {
    const bad = await opened(scripted({ chunks: HALF, finish: 'reset' }))
    const good = await opened(scripted({ chunks: WHOLE }))
    const gate = await opened(gateway(fallback(target(bad.url), target(good.url))))
    const result = await chat(gate.url)
    assert.deepEqual(joined(result), [
      { id: 'call_b', name: 'weather', arguments: '{"city":"Paris"}' },
      { id: 'call_c', name: 'time', arguments: '{}' },
    ])
    assert.equal(result.text, 'Looking. ')
    assert.deepEqual(result.finish, ['tool_calls'])
    assert.deepEqual(result.comments, [])
  })

  it('are whole when a stream breaks between two calls', async () => {
    const bad = await opened(scripted({ chunks: WHOLE.slice(0, 6), finish: 'reset' }))
    const good = await opened(scripted({ chunks: [ROLE, start(0, 'call_d', 'other'), args(0, '{}'), CALLS, DONE] }))
    const gate = await opened(gateway(fallback(target(bad.url), target(good.url))))
    const result = await chat(gate.url)
    assert.deepEqual(joined(result), [{ id: 'call_d', name: 'other', arguments: '{}' }])
  })

  it('are not sent at all when the answer is lost inside a call', async () => {
    const bad = await opened(scripted({ chunks: HALF, finish: 'reset' }))
    const gate = await opened(gateway(target(bad.url)))
    const result = await chat(gate.url)
    assert.deepEqual(joined(result), [])
    assert.equal(result.frames.at(-1)?.error?.code, 'upstream_stream_truncated')
  })

  it('are streamed as they come, and a break inside one is the error, with mid_stream "error"', async () => {
    const bad = await opened(scripted({ chunks: HALF, finish: 'reset' }))
    const good = await opened(scripted({ chunks: WHOLE }))
    const gate = await opened(gateway({ ...fallback(target(bad.url), target(good.url)), mid_stream: 'error' }))
    const result = await chat(gate.url)
    assert.deepEqual(joined(result), [{ id: 'call_a', name: 'weather', arguments: '{"city":"Par' }])
    assert.equal(result.frames.at(-1)?.error?.code, 'upstream_stream_truncated')
    assert.deepEqual(result.finish, [])
    assert.equal(good.requests.length, 0)
  })

  it('that were sent live are spliced like text, under the id that the client has', async () => {
    const bad = await opened(scripted({ chunks: HALF, finish: 'reset' }))
    const good = await opened(scripted({ chunks: WHOLE }))
    const gate = await opened(gateway({ ...fallback(target(bad.url), target(good.url)), tool_calls: 'live' }))
    const result = await chat(gate.url)
    assert.deepEqual(joined(result), [
      { id: 'call_a', name: 'weather', arguments: '{"city":"Paris"}' },
      { id: 'call_c', name: 'time', arguments: '{}' },
    ])
    assert.deepEqual([result.comments, result.finish], [[], ['tool_calls']])
  })

  const OTHERS: Record<string, string[]> = {
    'another tool': [start(0, 'call_b', 'time'), args(0, '{"city":"Paris"}')],
    'other arguments': [start(0, 'call_b', 'weather'), args(0, '{"city":"Rome"}')],
    'text in its place': [text('It rains.')],
  }
  for (const [name, chunks] of Object.entries(OTHERS)) {
    it(`that were sent live end in the error where the next answer has ${name}`, async () => {
      const bad = await opened(scripted({ chunks: HALF, finish: 'reset' }))
      const good = await opened(scripted({ chunks: [ROLE, text('Looking. '), ...chunks, CALLS, DONE] }))
      const gate = await opened(gateway({ ...fallback(target(bad.url), target(good.url)), tool_calls: 'live' }))
      const result = await chat(gate.url)
      assert.deepEqual(joined(result), [{ id: 'call_a', name: 'weather', arguments: '{"city":"Par' }])
      assert.deepEqual([result.comments, result.finish, result.done], [[], [], false])
    })
  }

  it('of the deprecated kind are spliced, too', async () => {
    const bad = await opened(scripted({ chunks: HALF, finish: 'reset' }))
    const good = await opened(scripted({ chunks: WHOLE }))
    const gate = await opened(gateway({ ...fallback(target(bad.url), target(good.url)), tool_calls: 'live' }))
    const result = await chat(gate.url, { ...HELLO, functions: [{ name: 'weather' }] })
    const calls = result.frames.flatMap(({ choices }) => choices?.[0]?.delta.function_call ?? [])
    assert.deepEqual(calls.map((each) => each.arguments).join(''), '{"city":"Paris"}')
  })

  it('are rescued with "live" as long as none was sent', async () => {
    const bad = await opened(scripted({ chunks: HALF.slice(0, 2), finish: 'reset' }))
    const good = await opened(scripted({ chunks: WHOLE }))
    const gate = await opened(gateway({ ...fallback(target(bad.url), target(good.url)), tool_calls: 'live' }))
    const result = await chat(gate.url)
    assert.equal(joined(result).length, 2)
    assert.equal(result.done, true)
  })

  it('without arguments end up as "{}", with the shape strict clients need', async () => {
    const up = await opened(
      scripted({
        chunks: [
          ROLE,
          openaiChunk({ tool_calls: [{ index: 7, function: { name: 'now', arguments: '' } }] }),
          openaiChunk({}, 'stop'),
          DONE,
        ],
      }),
    )
    const gate = await opened(gateway(target(up.url)))
    const result = await chat(gate.url)
    const [piece] = result.frames.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? [])
    assert.equal(piece?.index, 0)
    assert.equal(piece?.type, 'function')
    assert.match(piece?.id ?? '', /^call_/)
    assert.deepEqual(
      joined(result).map((call) => call.arguments),
      ['{}'],
    )
    assert.deepEqual(result.finish, ['tool_calls'])
  })

  it('come as function_call for a client of the deprecated functions', async () => {
    const up = await opened(scripted({ chunks: WHOLE }))
    const gate = await opened(gateway(target(up.url)))
    const functions = [{ name: 'weather', parameters: { type: 'object', properties: {} } }]
    const result = await chat(gate.url, { ...HELLO, functions })
    const calls = result.frames.flatMap(({ choices }) => choices[0]?.delta.function_call ?? [])
    assert.deepEqual(calls, [{ name: 'weather', arguments: '{"city":"Paris"}' }])
    assert.deepEqual(joined(result), [])
    assert.deepEqual(result.finish, ['function_call'])
    assert.equal(JSON.parse(up.requests[0]?.body ?? '').tools[0].function.name, 'weather')

    const folded = JSON.parse((await chat(gate.url, { ...HELLO, stream: false, functions })).body)
    assert.deepEqual(folded.choices[0].message.function_call, { name: 'weather', arguments: '{"city":"Paris"}' })
    assert.equal(folded.choices[0].finish_reason, 'function_call')

    const live = await opened(gateway({ ...target(up.url), tool_calls: 'live' }))
    const pieces = await chat(live.url, { ...HELLO, functions })
    assert.deepEqual(joined(pieces), [])
    const parts = pieces.frames.flatMap(({ choices }) => choices[0]?.delta.function_call ?? [])
    assert.equal(parts.map((each) => each.arguments).join(''), '{"city":"Paris"}')
  })

  it('are folded into one message for stream: false', async () => {
    const up = await opened(scripted({ chunks: WHOLE }))
    const gate = await opened(gateway({ ...target(up.url), tool_calls: 'live' }))
    const { choices } = JSON.parse((await chat(gate.url, { ...HELLO, stream: false })).body)
    assert.deepEqual(choices[0].message.tool_calls, [
      { id: 'call_b', type: 'function', function: { name: 'weather', arguments: '{"city":"Paris"}' } },
      { id: 'call_c', type: 'function', function: { name: 'time', arguments: '{}' } },
    ])
    assert.equal(choices[0].finish_reason, 'tool_calls')
  })
})
