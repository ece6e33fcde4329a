import assert from 'node:assert/strict'
import { callState, ownCallId } from '../../lib/transforms/call-id.ts'
import { toolCalls } from '../../lib/transforms/tool-calls.ts'
import type { ChunkToolCall } from '../../lib/types/chunk.ts'
import type { ToolCallDelta } from '../../lib/types/provider.ts'

function run(mode: 'whole' | 'live', deltas: readonly ToolCallDelta[], cut = false) {
  let held = 0
  const calls = toolCalls(mode, (characters) => {
    held += characters
  })
  const added = deltas.map((delta) => calls.add(delta))
  return {
    added,
    rest: calls.finish({ reason: cut ? 'length' : 'tool_calls', valid: false }),
    count: calls.count(),
    held: () => held,
  }
}

const start = (index: number, id: string, name: string, text: string): ChunkToolCall => ({
  index,
  id,
  type: 'function',
  function: { name, arguments: text },
})
const more = (index: number, text: string): ChunkToolCall => ({ index, function: { arguments: text } })

const TWO: ToolCallDelta[] = [
  { key: 'x', id: 'a', name: 'f', arguments: '' },
  { key: 'x', arguments: '{"a"' },
  { key: 7, id: 'b', name: 'g', arguments: '{' },
  { key: 'x', arguments: ':1}' },
  { key: 7, arguments: '}' },
]

describe('tool calls, live', () => {
  it('go out as they come, with dense indexes in the order of their first pieces', () => {
    const { added, rest, count } = run('live', TWO)
    assert.deepEqual(added, [
      [start(0, 'a', 'f', '')],
      [more(0, '{"a"')],
      [start(1, 'b', 'g', '{')],
      [more(0, ':1}')],
      [more(1, '}')],
    ])
    assert.deepEqual([rest, count], [[], 2])
  })

  it('have id, type and name in the first piece only, however often they are told', () => {
    const told = { key: 0, id: 'a', type: 'function' as const, name: 'f' }
    const { added } = run('live', [
      { ...told, arguments: '{' },
      { ...told, arguments: '}' },
    ])
    assert.deepEqual(added, [[start(0, 'a', 'f', '{')], [more(0, '}')]])
  })

  it('wait for their name, and then bring what came before it', () => {
    const { added } = run('live', [
      { key: 0, id: 'a' },
      { key: 0, arguments: '{"a"' },
      { key: 0, name: 'f', arguments: ':1}' },
    ])
    assert.deepEqual(added, [[], [], [start(0, 'a', 'f', '{"a":1}')]])
  })

  it('drop pieces that say nothing', () => {
    const { added } = run('live', [
      { key: 0, id: 'a', name: 'f' },
      { key: 0, arguments: '' },
      { key: 0 },
      { key: 0, arguments: '{}' },
    ])
    assert.deepEqual(added, [[start(0, 'a', 'f', '')], [], [], [more(0, '{}')]])
  })

  it('get "{}" at the end if no arguments came', () => {
    assert.deepEqual(run('live', [{ key: 0, id: 'a', name: 'f' }]).rest, [more(0, '{}')])
  })

  it('get "{}" at the end in place of "null"', () => {
    const { added, rest } = run('live', [
      { key: 0, id: 'a', name: 'f' },
      { key: 0, arguments: 'null' },
    ])
    assert.deepEqual([added, rest], [[[start(0, 'a', 'f', '')], []], [more(0, '{}')]])
  })

  it('pass on a "null" that was the beginning or the end of more', () => {
    const first = run('live', [
      { key: 0, id: 'a', name: 'f', arguments: 'null' },
      { key: 0, arguments: 'able' },
    ])
    assert.deepEqual([first.added, first.rest], [[[], [start(0, 'a', 'f', 'nullable')]], []])
    const last = run('live', [
      { key: 0, id: 'a', name: 'f', arguments: '[' },
      { key: 0, arguments: 'null' },
    ])
    assert.deepEqual([last.added, last.rest], [[[start(0, 'a', 'f', '[')], []], [more(0, 'null')]])
  })

  it('keep what came of them when the model ran out of tokens', () => {
    assert.deepEqual(run('live', [{ key: 0, id: 'a', name: 'f' }], true).rest, [])
    assert.deepEqual(run('live', [{ key: 0, id: 'a', name: 'f', arguments: '{"a' }], true).rest, [])
  })
})

describe('tool calls, whole', () => {
  it('wait for the end and come one after the other, each in one piece', () => {
    const { added, rest, count } = run('whole', TWO)
    assert.deepEqual(added, [[], [], [], [], []])
    assert.deepEqual([rest, count], [[start(0, 'a', 'f', '{"a":1}'), start(1, 'b', 'g', '{}')], 2])
  })

  for (const text of [undefined, '', 'null', ' \n']) {
    it(`have "{}" as arguments if the provider told ${JSON.stringify(text)}`, () => {
      const delta: ToolCallDelta = { key: 0, id: 'a', name: 'f', ...(text !== undefined && { arguments: text }) }
      assert.deepEqual(run('whole', [delta]).rest, [start(0, 'a', 'f', '{}')])
    })
  }

  it('keep their arguments as they are when the model ran out of tokens', () => {
    for (const text of ['', 'null', '{"a":"b']) {
      const { rest } = run('whole', [{ key: 0, id: 'a', name: 'f', arguments: text }], true)
      assert.deepEqual(rest, [start(0, 'a', 'f', text)])
    }
  })
})

for (const mode of ['whole', 'live'] as const) {
  describe(`tool calls, ${mode}`, () => {
    const all = (deltas: readonly ToolCallDelta[]) => {
      const { added, rest } = run(mode, deltas)
      return [...added.flat(), ...rest]
    }

    it('without an id get one of their own', () => {
      const calls = all([
        { key: 0, name: 'f', arguments: '{}' },
        { key: 1, id: '', name: 'f', arguments: '{}' },
        { key: 2, id: 'null', name: 'f', arguments: '{}' },
      ])
      const ids = calls.map(({ id }) => id ?? '')
      for (const id of ids) assert.match(id, /^call_[0-9a-f]{24}$/)
      assert.equal(new Set(ids).size, 3)
    })

    it("with another call's id get one of their own, too", () => {
      const calls = all([
        { key: 0, id: 'a', name: 'f', arguments: '{}' },
        { key: 1, id: 'a', name: 'f', arguments: '{' },
        { key: 0, id: 'a', name: 'f' },
        { key: 1, id: 'a', arguments: '}' },
      ])
      const ids = calls.flatMap(({ id }) => id ?? [])
      assert.equal(ids[0], 'a')
      assert.match(ids[1] ?? '', /^call_[0-9a-f]{24}$/)
      assert.equal(ids.length, 2)
    })

    it('without a name are a malformed stream: nobody could run them', () => {
      for (const name of [{}, { name: ' ' }]) {
        const calls = () => all([{ key: 0, id: 'a', ...name, arguments: '{}' }])
        assert.throws(calls, { name: 'UpstreamError', kind: 'malformed' })
      }
    })

    it('keep the first id', () => {
      const [first] = all([
        { key: 0, id: 'a', name: 'f', arguments: '{' },
        { key: 0, id: 'b', name: 'f', arguments: '}' },
      ])
      assert.deepEqual([first?.id, first?.function?.name], ['a', 'f'])
    })

    it('have the last name, which may not change once it is sent', () => {
      const renamed = () =>
        all([
          { key: 0, id: 'a', name: 'get_', arguments: '{' },
          { key: 0, name: 'get_it', arguments: '}' },
        ])
      if (mode === 'whole') assert.equal(renamed()[0]?.function?.name, 'get_it')
      else assert.throws(renamed, { name: 'UpstreamError', kind: 'malformed' })
    })

    it('of the custom kind carry their input, and no "{}" where it is empty', () => {
      assert.deepEqual(all([{ key: 0, id: 'a', type: 'custom', name: 'f' }]), [
        { index: 0, id: 'a', type: 'custom', custom: { name: 'f', input: '' } },
      ])
      const pieces = all([
        { key: 0, id: 'a', type: 'custom', name: 'f', arguments: 'in' },
        { key: 0, arguments: 'put' },
      ])
      assert.equal(pieces.map(({ custom }) => custom?.input).join(''), 'input')
      assert.ok(pieces.every((each) => each.function === undefined))
    })

    it('carry their state in the id, and none if there is none', () => {
      const [call] = all([{ key: 0, id: 'a', name: 'f', state: 'thought' }])
      assert.equal(ownCallId(call?.id ?? ''), 'a')
      assert.equal(callState(call?.id ?? '', 100), 'thought')
      assert.equal(all([{ key: 0, id: 'a', name: 'f', state: '' }])[0]?.id, 'a')
    })

    it('are never told again by a second finish', () => {
      const calls = toolCalls(mode, () => {})
      calls.add({ key: 0, id: 'a', name: 'f', arguments: '{}' })
      calls.finish({ reason: 'tool_calls', valid: false })
      assert.deepEqual(calls.finish({ reason: 'tool_calls', valid: false }), [])
    })
  })
}

describe('what tool calls hold', () => {
  it('is all of their text until it goes out', () => {
    let held = 0
    const count = (characters: number) => {
      held += characters
    }
    const calls = toolCalls('whole', count)
    calls.add({ key: 0, id: 'abc', name: 'fg', state: 'xyz' })
    const bare = held
    calls.add({ key: 0, id: 'abc', name: 'fg', state: 'xyz', arguments: '12345' })
    assert.equal(held, bare + 5)
    calls.finish({ reason: 'tool_calls', valid: false })
    assert.equal(held, bare)
  })

  it('counts a call without any text', () => {
    let held = 0
    const calls = toolCalls('live', (characters) => {
      held += characters
    })
    for (let key = 0; key < 10; key += 1) calls.add({ key })
    assert.ok(held >= 1000)
  })

  it('counts the id, the name and the state', () => {
    const heldBy = (delta: ToolCallDelta) => {
      let held = 0
      toolCalls('whole', (characters) => {
        held += characters
      }).add(delta)
      return held
    }
    const bare = heldBy({ key: 0 })
    assert.equal(heldBy({ key: 0, id: 'abc' }), bare + 3)
    assert.equal(heldBy({ key: 0, name: 'abcd' }), bare + 4)
    assert.equal(heldBy({ key: 0, state: 'abcde' }), bare + 5)
  })
})

describe('held arguments that have to be a JSON object', () => {
  type End = Parameters<ReturnType<typeof toolCalls>['finish']>[0]
  const WHOLE: End = { reason: 'tool_calls', valid: true }
  const finish = (text: string, end = WHOLE, type: 'function' | 'custom' = 'function') => {
    const calls = toolCalls('whole', () => {})
    calls.add({ key: 0, id: 'a', name: 'f', type, arguments: text })
    const [call] = calls.finish(end)
    return call?.function?.arguments ?? call?.custom?.input
  }

  for (const text of ['{"x":1}', ' {} ', '{"a":"}{"}']) {
    it(`are left as they are: ${text}`, () => assert.equal(finish(text), text))
  }
  for (const text of ['', 'null']) it(`are none: ${JSON.stringify(text)}`, () => assert.equal(finish(text), '{}'))
  for (const text of ['{"x":', '[1]', '1', '{"city": Rome}', '{"x":1}{"x":2}', '{"x"{"x":3}', `${'}{'.repeat(40)}`]) {
    it(`are refused: ${text}`, () => assert.throws(() => finish(text), { kind: 'unusable' }))
  }
  for (const copy of ['{"x":"}{"}', '{ "x": "}{" }']) {
    it(`lose a whole copy behind them: ${copy}`, () => assert.equal(finish(`{"x":"}{"}${copy}`), '{"x":"}{"}'))
  }
  it('are not looked at where the limit cut them, where nobody asks, and of a custom tool', () => {
    assert.equal(finish('{"x":', { reason: 'length', valid: true }), '{"x":')
    assert.equal(finish('{"x":', { reason: 'stop', valid: false }), '{"x":')
    assert.equal(finish('grep -n', undefined, 'custom'), 'grep -n')
  })

  it('are left out, call and all, where a filter cut them', () => {
    const filtered: End = { reason: 'content_filter', valid: true }
    assert.equal(finish('{"x":', filtered), undefined)
    assert.equal(finish('{}', filtered), '{}')
    assert.equal(finish('grep -n', filtered, 'custom'), 'grep -n')
  })
})
