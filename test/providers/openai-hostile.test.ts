import assert from 'node:assert/strict'
import fc from 'fast-check'
import { UpstreamError } from '../../lib/errors.ts'
import { openai } from '../../lib/providers/openai.ts'
import { decode, events, failure } from '../helpers/openai-family.ts'

/** More with `npm run fuzz`. */
const RUNS = process.env.FUZZ === 'long' ? 10_000 : 1000

describe('openai: frames nobody promised', () => {
  it('that are no JSON, or no objects, are malformed', () => {
    for (const data of ['{"choices":', 'null', '[]', '"text"', '7']) {
      assert.equal(failure(() => decode(openai, events(data))).code, 'upstream_response_malformed', data)
    }
  })

  it('with arguments too deep to be written are malformed', () => {
    const depth = 200_000
    const deep = `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`
    const data = `{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"name":"f","arguments":${deep}}}]}}]}`
    assert.equal(failure(() => decode(openai, events(data))).code, 'upstream_response_malformed')
  })

  it('never throw anything but an UpstreamError', () => {
    const keys = [
      'id',
      'choices',
      'delta',
      'content',
      'tool_calls',
      'function',
      'arguments',
      'name',
      'index',
      'usage',
      'logprobs',
      'error',
      'message',
      'code',
      'detail',
      'loc',
      'annotations',
      'audio',
      'x_groq',
      'finish_reason',
      'prompt_tokens_details',
      'custom',
      'function_call',
      'type',
      'thinking',
      'text',
      'toString',
      'valueOf',
      '__proto__',
      'url_citation',
      'url',
      'status',
      'created',
    ]
    const leaf = fc.oneof(
      fc.constantFrom<unknown>(null, '', 'text', 'thinking', 'url_citation', 'a', -1, 0.5, 2 ** 60, true),
      fc.integer(),
    )
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: 'medium', withCrossShrink: true },
        leaf,
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...keys), tie('tree'), { maxKeys: 6 }),
      ),
    }))
    const frame = fc.record(
      {
        choices: fc.array(fc.record({ index: leaf, delta: tree, logprobs: tree, finish_reason: tree })),
        usage: tree,
        x_groq: tree,
        other: tree,
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(
        fc.oneof(frame, tree),
        fc.option(fc.constant('error'), { nil: undefined }),
        fc.boolean(),
        (value, event, strict) => {
          try {
            decode(
              openai,
              [
                { event, data: JSON.stringify(value) },
                { event: undefined, data: '[DONE]' },
              ],
              { strict },
            )
          } catch (error) {
            assert(error instanceof UpstreamError, String(error))
          }
          const read = openai.error(400, JSON.stringify(value))
          assert.equal(typeof read.message, 'string')
          assert(Number.isInteger(read.status))
        },
      ),
      { numRuns: RUNS },
    )
  }).timeout(20_000)
})
