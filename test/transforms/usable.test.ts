import assert from 'node:assert/strict'
import { type ChoiceEnd, type Demands, unusable } from '../../lib/transforms/usable.ts'
import type { FailOn } from '../../lib/types/answer.ts'

const TEXT: ChoiceEnd = { finish: 'stop', empty: false, refused: false, calls: 0, text: '' }
const EMPTY: ChoiceEnd = { ...TEXT, empty: true }
const ALL: readonly FailOn[] = [
  ...([
    'empty',
    'invalid_tool_calls',
    'invalid_json',
    'invalid_schema',
    'refusal',
    'content_filter',
    'length',
  ] as const),
]
const violation = (value: unknown) => (value === 1 ? undefined : 'it is not 1')

/** Each with what it fails on, and on nothing else. */
const ENDS: [name: string, end: ChoiceEnd, failsOn: FailOn | undefined, demands?: Partial<Demands>][] = [
  ['text', TEXT, undefined],
  ['a call', { ...EMPTY, finish: 'tool_calls', calls: 1 }, undefined],
  ['nothing', EMPTY, 'empty'],
  ['nothing, to the result of a tool', EMPTY, undefined, { afterToolResult: true }],
  ['nothing, cut by the limit', { ...EMPTY, finish: 'length' }, 'length'],
  ['nothing, cut by a filter', { ...EMPTY, finish: 'content_filter' }, 'content_filter'],
  [
    'the reason of a call, without one',
    { ...EMPTY, finish: 'tool_calls' },
    'invalid_tool_calls',
    { afterToolResult: true },
  ],
  ['the same behind text', { ...TEXT, finish: 'tool_calls' }, 'invalid_tool_calls'],
  ['the same, as it was called once', { ...TEXT, finish: 'function_call' }, 'invalid_tool_calls'],
  ['a refusal', { ...TEXT, refused: true }, 'refusal'],
  ['a refusal where JSON was asked for', { ...TEXT, refused: true, text: 'no' }, 'refusal', { json: true }],
  ['prose where JSON was asked for', { ...TEXT, text: 'Sure!' }, 'invalid_json', { json: true }],
  ['half of the JSON', { ...TEXT, text: '{"a":' }, 'invalid_json', { json: true }],
  ['half of the JSON, cut by the limit', { ...TEXT, finish: 'length', text: '{"a":' }, 'length', { json: true }],
  ['a call where JSON was asked for', { ...EMPTY, finish: 'tool_calls', calls: 1 }, undefined, { json: true }],
  ['JSON', { ...TEXT, text: ' {"a": 1}\n' }, undefined, { json: true }],
  ['JSON that breaks its schema', { ...TEXT, text: '2' }, 'invalid_schema', { json: true, violation }],
  ['JSON that keeps its schema', { ...TEXT, text: '1' }, undefined, { json: true, violation }],
]

describe('an answer at its end', () => {
  for (const [name, end, failsOn, demands = {}] of ENDS) {
    it(`that is ${name} ${failsOn === undefined ? 'can be used' : `fails on ${failsOn} alone`}`, () => {
      const on = (failOn: readonly FailOn[]) =>
        unusable(end, { failOn, json: false, afterToolResult: false, ...demands }) !== undefined
      assert.equal(on(ALL), failsOn !== undefined)
      assert.equal(on(ALL.filter((each) => each !== failsOn)), false)
      if (failsOn !== undefined) assert.equal(on([failsOn]), true)
    })
  }
})
