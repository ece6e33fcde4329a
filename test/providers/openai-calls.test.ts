import assert from 'node:assert/strict'
import { openai } from '../../lib/providers/openai.ts'
import { chunk, decode, events, told } from '../helpers/openai-family.ts'

describe('openai: which pieces make one call', () => {
  const cases: [string, unknown[][], [string | undefined, string][]][] = [
    [
      'an index says it all',
      [
        [{ index: 1, id: 'a', function: { name: 'f', arguments: '1' } }],
        [{ index: 0, id: 'b', function: { name: 'g' } }],
        [{ index: 1, function: { arguments: '2' } }],
      ],
      [
        ['a', '12'],
        ['b', ''],
      ],
    ],
    [
      'without index, the id does',
      [
        [{ id: 'a', function: { name: 'f', arguments: '1' } }],
        [{ id: 'b', function: { name: 'f', arguments: '3' } }],
        [{ id: 'a', function: { arguments: '2' } }],
      ],
      [
        ['a', '12'],
        ['b', '3'],
      ],
    ],
    [
      'without either, a piece without a name goes on with the last call',
      [[{ id: 'a', function: { name: 'f', arguments: '1' } }], [{ function: { name: '', arguments: '2' } }]],
      [['a', '12']],
    ],
    [
      'without either, a name opens a call',
      [
        [{ function: { name: 'f', arguments: '1' } }, { function: { name: 'f', arguments: '2' } }],
        [{ function: { name: 'f', arguments: '3' } }],
      ],
      [
        [undefined, '1'],
        [undefined, '2'],
        [undefined, '3'],
      ],
    ],
    [
      'an empty name at a known index goes on',
      [
        [{ index: 0, id: 'a', function: { name: 'f', arguments: '' } }],
        [{ index: 0, type: 'function', function: { name: '', arguments: '12' } }],
      ],
      [['a', '12']],
    ],
    [
      'a new id with a name opens a call at a taken index',
      [
        [{ index: 0, id: 'a', function: { name: 'f', arguments: '1' } }],
        [{ index: 0, id: 'b', function: { name: 'f', arguments: '2' } }],
      ],
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
    [
      'a new id without a name does not',
      [
        [{ index: 0, id: 'a', function: { name: 'f', arguments: '1' } }],
        [{ index: 0, id: 'b', function: { arguments: '2' } }],
      ],
      [['a', '12']],
    ],
    [
      'an index that comes late finds its call',
      [[{ id: 'a', function: { name: 'f', arguments: '1' } }], [{ index: 0, function: { arguments: '2' } }]],
      [['a', '12']],
    ],
    [
      'arguments that are an object become text',
      [[{ index: 0, id: 'a', function: { name: 'f', arguments: { x: [1] } } }]],
      [['a', '{"x":[1]}']],
    ],
    [
      'arguments that are null are none',
      [[{ index: 0, id: 'a', function: { name: 'f', arguments: null } }]],
      [['a', '']],
    ],
  ]
  for (const [name, deltas, expected] of cases) {
    it(name, () => {
      const { calls } = told(decode(openai, events(...deltas.map((tool_calls) => chunk({ tool_calls })))))
      assert.deepEqual(
        calls.map((call) => [call.id, call.arguments]),
        expected,
      )
    })
  }
})
