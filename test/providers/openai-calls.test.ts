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

/** Pieces of calls, a chunk each or all in one, and the calls that they make: names and arguments. */
const ODD: [string, { pieces: unknown[]; calls: [string, string][]; ids?: (string | undefined)[] }][] = [
  [
    'the id "null" is none, and index 0 on all of them no identity',
    {
      pieces: [
        { index: 0, id: 'null', function: { name: 'f', arguments: '{"x":1}' } },
        { index: 0, id: 'null', function: { name: 'g', arguments: '{"y":2}' } },
      ],
      calls: [
        ['f', '{"x":1}'],
        ['g', '{"y":2}'],
      ],
      ids: [undefined, undefined],
    },
  ],
  [
    'the same function twice at index 0, without ids',
    {
      pieces: [
        { index: 0, function: { name: 'f', arguments: '{"x":1}' } },
        { index: 0, function: { name: 'f', arguments: '{"x":' } },
        { index: 0, function: { arguments: '2}' } },
      ],
      calls: [
        ['f', '{"x":1}'],
        ['f', '{"x":2}'],
      ],
    },
  ],
  ...['None', 'undefined'].map((id): (typeof ODD)[number] => [
    `the id "${id}" is none`,
    {
      pieces: [
        { index: 0, id, function: { name: 'f', arguments: '{"x":1}' } },
        { index: 0, id, function: { name: 'f', arguments: '{"x":2}' } },
      ],
      calls: [
        ['f', '{"x":1}'],
        ['f', '{"x":2}'],
      ],
      ids: [undefined, undefined],
    },
  ]),
  [
    'a channel mark behind a name is none of it',
    {
      pieces: [
        { index: 0, id: 'a', function: { name: 'get_weather<|channel|>commentary', arguments: '{}' } },
        { index: 1, id: 'b', function: { name: 'g', arguments: '' } },
        { index: 1, function: { name: '<|channel|>', arguments: '{}' } },
      ],
      calls: [
        ['get_weather', '{}'],
        ['g', '{}'],
      ],
    },
  ],
  [
    'an id that is used twice makes no call of two',
    {
      pieces: [
        { index: 0, id: 'a', function: { name: 'f', arguments: '{}' } },
        { index: 1, id: 'a', function: { name: 'g', arguments: '{"x":' } },
        { index: 1, id: 'a', function: { arguments: '2}' } },
      ],
      calls: [
        ['f', '{}'],
        ['g', '{"x":2}'],
      ],
      ids: ['a', 'a'],
    },
  ],
  [
    'a head at a taken index, and its tail at the next one',
    {
      pieces: [
        { index: 0, id: 'a', function: { name: 'f', arguments: '{"x":1}' } },
        { index: 0, id: 'b', function: { name: 'g', arguments: '' } },
        { index: 1, function: { arguments: '{"x"' } },
        { index: 1, function: { arguments: ':2}' } },
        { index: 1, function: { arguments: '' } },
      ],
      calls: [
        ['f', '{"x":1}'],
        ['g', '{"x":2}'],
      ],
    },
  ],
  [
    'pieces of two calls in turns, by their ids, all at index 0',
    {
      pieces: [
        { index: 0, id: 'a', function: { name: 'f', arguments: '{"x"' } },
        { index: 0, id: 'b', function: { name: 'g', arguments: '{"y"' } },
        { index: 0, id: 'a', function: { arguments: ':1}' } },
        { index: 0, id: 'b', function: { arguments: ':2}' } },
      ],
      calls: [
        ['f', '{"x":1}'],
        ['g', '{"y":2}'],
      ],
    },
  ],
  [
    'an empty piece at an index that nobody opened',
    {
      pieces: [
        { index: 0, id: 'a', function: { name: 'f', arguments: '{}' } },
        { index: 3, function: { arguments: '' } },
      ],
      calls: [['f', '{}']],
    },
  ],
  [
    'id, name and arguments apart',
    {
      pieces: [
        { index: 0, id: 'a' },
        { index: 0, function: { name: 'f' } },
        { index: 0, function: { arguments: '{}' } },
      ],
      calls: [['f', '{}']],
    },
  ],
  [
    'a name in pieces',
    {
      pieces: [
        { index: 0, id: 'a', function: { name: 'get_', arguments: '' } },
        { index: 0, function: { name: 'weather' } },
        { index: 0, function: { arguments: '{}' } },
      ],
      calls: [['get_weather', '{}']],
    },
  ],
  [
    'a name that comes again, and longer',
    {
      pieces: [
        { index: 0, id: 'a', function: { name: 'get', arguments: '{' } },
        { index: 0, id: 'a', function: { name: 'get', arguments: '"x":' } },
        { index: 0, function: { name: 'get_it', arguments: '"}' } },
        { index: 0, function: { name: 'get_it', arguments: '"}' } },
      ],
      calls: [['get_it', '{"x":"}"}']],
    },
  ],
  [
    'arguments that are a number, or a list',
    {
      pieces: [
        { index: 0, id: 'a', function: { name: 'f', arguments: '{"x":' } },
        { index: 0, function: { arguments: 6 } },
        { index: 0, function: { arguments: '}' } },
        { index: 1, id: 'b', function: { name: 'g', arguments: [1] } },
      ],
      calls: [
        ['f', '{"x":6}'],
        ['g', '[1]'],
      ],
    },
  ],
  [
    'braces inside strings are none',
    {
      pieces: [
        { index: 0, function: { name: 'f', arguments: '{"x":"}\\"}' } },
        { index: 0, function: { name: 'f', arguments: '{"}' } },
        { index: 0, function: { name: 'g', arguments: '{}' } },
      ],
      calls: [
        ['f', '{"x":"}\\"}{"}'],
        ['g', '{}'],
      ],
    },
  ],
]

describe('openai: pieces of calls in odd forms', () => {
  for (const [name, { pieces, calls, ids }] of ODD) {
    for (const [how, chunks] of [
      ['a chunk each', pieces.map((piece) => [piece])],
      ['all in one chunk', [pieces]],
    ] as const) {
      it(`${name}, ${how}`, () => {
        const result = told(decode(openai, events(...chunks.map((tool_calls) => chunk({ tool_calls })))))
        assert.deepEqual(
          result.calls.map((call) => [call.name, call.arguments]),
          calls,
        )
        if (ids !== undefined)
          assert.deepEqual(
            result.calls.map((call) => call.id),
            ids,
          )
      })
    }
  }

  it('an echoed custom does not make a function a custom tool, nor a function one of a custom tool', () => {
    const echoed = [
      chunk({ tool_calls: [{ index: 0, id: 'a', type: 'function', function: { name: 'f' }, custom: {} }] }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: '{}' }, custom: {} }] }),
      chunk({ tool_calls: [{ index: 1, id: 'b', function: { name: 'g', arguments: '{}' }, custom: {} }] }),
      chunk({ tool_calls: [{ index: 2, id: 'c', type: 'custom', custom: { name: 'sh', input: 'l' }, function: {} }] }),
      chunk({ tool_calls: [{ index: 2, custom: { input: 's' } }] }),
    ]
    assert.deepEqual(
      told(decode(openai, events(...echoed))).calls.map((call) => [call.type, call.name, call.arguments]),
      [
        ['function', 'f', '{}'],
        ['function', 'g', '{}'],
        ['custom', 'sh', 'ls'],
      ],
    )
  })
})
