import assert from 'node:assert/strict'
import { UpstreamError } from '../../lib/errors.ts'
import type { ChunkAssemblerOptions } from '../../lib/transforms/chunk-assembler.ts'
import type { Chunk, ChunkDelta, FinishReason, Usage } from '../../lib/types/chunk.ts'
import type { ChunkInit, Decoder } from '../../lib/types/provider.ts'
import { chunkStage, flow } from '../helpers/stages.ts'

const ENVELOPE = { id: 'chatcmpl-own', created: 1, model: 'asked' }
const BASE = { ...ENVELOPE, object: 'chat.completion.chunk' as const }
const USAGE: Usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }
const LOGPROBS = { content: [{ token: 'a', logprob: -1, bytes: null, top_logprobs: [] }], refusal: null }
const END: ChunkInit = { end: true }
/** An answer that begins with a call that is held. */
const BEGUN = { role: 'assistant' }

interface Options extends Partial<ChunkAssemblerOptions> {
  cut?: Error
}

/** Decodes events, each given as what the provider's decoder yields for it. */
async function decode(events: readonly ChunkInit[][], { cut, ...options }: Options = {}) {
  const seen: string[] = []
  const stage = chunkStage(
    {
      decoder: { decode: ({ data }) => JSON.parse(data) as ChunkInit[] },
      choices: 1,
      envelope: ENVELOPE,
      toolCalls: 'whole',
      strict: true,
      maxToolCallBytes: 10_000,
      maxHeldBytes: 10_000,
      maxJsonBytes: 10_000_000,
      demands: { failOn: [], json: false, afterToolResult: false },
      onContent: () => seen.push('content'),
      onWhole: () => seen.push('whole'),
      ...options,
    },
    cut,
  )
  const wire = events.map((inits) => ({ event: undefined, data: JSON.stringify(inits) }))
  const { out, error } = await flow<Chunk>(wire, stage)
  return { chunks: out, error, seen }
}

/** Of a provider whose events of text are alike, so that most are read without its decoder. */
async function decodePlain(inits: readonly ChunkInit[]): Promise<Chunk[]> {
  const decoder: Decoder = {
    decode: ({ data }) => JSON.parse(data) as ChunkInit[],
    plainText: { places: [{ kind: 'content', path: [0, 'content'] }] },
  }
  return (await decode(each(...inits), { decoder })).chunks
}

const each = (...inits: ChunkInit[]) => inits.map((init) => [init])

/** The short form of chunks: their deltas and finish reasons. */
function short(chunks: readonly Chunk[]): unknown[] {
  return chunks.map(({ choices: [choice], usage }) => {
    if (choice === undefined) return usage
    const told = choice.finish_reason ?? choice.delta
    return choice.index === 0 ? told : [choice.index, told]
  })
}

const chunk = (delta: ChunkDelta, finish_reason: FinishReason | null = null, index = 0): Chunk => ({
  ...BASE,
  choices: [{ index, delta, logprobs: null, finish_reason }],
})

const call = (index: number, id: string, text: string) => ({
  index,
  id,
  type: 'function',
  function: { name: 'f', arguments: text },
})
const CALL: ChunkInit = { toolCalls: [{ key: 0, id: 'a', name: 'f', arguments: '{}' }] }

function failedAs(error: Error | undefined, kind: string): void {
  assert.ok(error instanceof UpstreamError, String(error))
  assert.equal(error.kind, kind)
}

describe('the chunk assembler', () => {
  describe('makes of a whole stream', () => {
    const streams: Record<string, [ChunkInit[][], unknown[]]> = {
      'text: its pieces, the reason and the usage': [
        each({ content: 'a' }, { content: 'b' }, { finish: 'stop' }, { usage: USAGE }, END),
        [{ content: 'a' }, { content: 'b' }, 'stop', USAGE],
      ],
      'text and a call: tool_calls': [
        each({ content: 'a' }, CALL, { finish: 'tool_calls' }, END),
        [{ content: 'a' }, { tool_calls: [call(0, 'a', '{}')] }, 'tool_calls'],
      ],
      'reasoning: reasoning_content': [
        each({ reasoning: 'hm' }, { content: 'a' }, { finish: 'stop' }, END),
        [{ reasoning_content: 'hm' }, { content: 'a' }, 'stop'],
      ],
      'a refusal: refusal': [each({ refusal: 'no' }, { finish: 'stop' }, END), [{ refusal: 'no' }, 'stop']],
      'audio and annotations: the same': [
        each({ audio: { id: 'x' } }, { annotations: [] }, { finish: 'stop' }, END),
        [{ audio: { id: 'x' } }, 'stop'],
      ],
      'everything in one event: one chunk, then the reason': [
        [[{ content: 'a', reasoning: 'r', refusal: 'n', ...CALL, finish: 'stop', usage: USAGE, end: true }]],
        [
          { content: 'a', reasoning_content: 'r', refusal: 'n' },
          { tool_calls: [call(0, 'a', '{}')] },
          'tool_calls',
          USAGE,
        ],
      ],
      'a reason alone: the reason': [each({ finish: 'content_filter', end: true }), ['content_filter']],
      'empty pieces: nothing of them': [
        each({}, { content: '' }, { reasoning: '' }, { refusal: '' }, { toolCalls: [] }, { finish: 'stop' }, END),
        ['stop'],
      ],
      'content that is null, of a provider not written in TypeScript: nothing of it': [
        each({ content: null } as unknown as ChunkInit, { content: 'a' }, { finish: 'stop' }, END),
        [{ content: 'a' }, 'stop'],
      ],
      'several reasons: the last': [
        each({ finish: 'tool_calls' }, { content: 'a' }, { finish: 'length' }, END),
        [{ content: 'a' }, 'length'],
      ],
      'content after the reason: the reason last': [
        each({ finish: 'stop' }, { content: 'a' }, END),
        [{ content: 'a' }, 'stop'],
      ],
      'several usages: the last': [
        each({ usage: { ...USAGE, total_tokens: 9 } }, { finish: 'stop' }, { usage: USAGE }, END),
        ['stop', USAGE],
      ],
      'anything after the end: nothing': [
        each({ content: 'a' }, { finish: 'stop', end: true }, { content: 'b' }, { finish: 'length' }, END),
        [{ content: 'a' }, 'stop'],
      ],
      'anything after the end in the same event: nothing': [
        [[{ content: 'a', finish: 'stop', end: true }, { content: 'b' }]],
        [{ content: 'a' }, 'stop'],
      ],
    }
    for (const [name, [events, expected]] of Object.entries(streams)) {
      it(name, async () => {
        const { chunks, error } = await decode(events)
        assert.equal(error, undefined)
        assert.deepEqual(short(chunks), expected)
      })
    }

    describe('a long text: several of its pieces', () => {
      const LONGEST = 10_000
      const lengths = async (init: ChunkInit) => {
        const { chunks } = await decode(each(init, { finish: 'stop' }, END))
        const texts = chunks.map(({ choices }) => choices[0]?.delta.content ?? '')
        assert.equal(texts.join(''), init.content)
        return texts.map(({ length }) => length).slice(0, -1)
      }

      it('as long as may be, the first with what else was told', async () => {
        assert.deepEqual(await lengths({ content: 'x'.repeat(LONGEST) }), [LONGEST])
        assert.deepEqual(await lengths({ content: 'x'.repeat(2 * LONGEST + 1) }), [LONGEST, LONGEST, 1])
        const { chunks } = await decode(
          each(
            { index: 1, id: 'told', content: 'x'.repeat(LONGEST + 1), refusal: 'no' },
            { index: 1, finish: 'stop' },
            END,
          ),
        )
        assert.deepEqual(
          chunks.map(({ id, choices: [choice] }) => [id, choice?.index, choice?.delta.refusal]),
          [
            ['told', 1, 'no'],
            ['told', 1, undefined],
            ['told', 1, undefined],
          ],
        )
      })

      it('all of it before its calls', async () => {
        const content = 'x'.repeat(LONGEST + 1)
        const { chunks } = await decode(each({ content, ...CALL }, { finish: 'tool_calls' }, END), {
          toolCalls: 'live',
        })
        assert.deepEqual(
          chunks.map(({ choices: [choice] }) => [choice?.delta.content?.length, choice?.delta.tool_calls?.length]),
          [
            [LONGEST, undefined],
            [1, undefined],
            [undefined, 1],
            [undefined, undefined],
          ],
        )
      })

      it('of reasoning, too, in front of what it led to', async () => {
        const { chunks } = await decode(
          each({ reasoning: 'x'.repeat(LONGEST + 1), content: 'a' }, { finish: 'stop' }, END),
        )
        const deltas = chunks.map(({ choices: [choice] }) => choice?.delta)
        const lengths = deltas.map((delta) => [delta?.reasoning_content?.length, delta?.content?.length])
        assert.deepEqual(lengths.slice(0, -1), [
          [LONGEST, undefined],
          [1, 1],
        ])
      })

      it('which divide no character', async () => {
        assert.deepEqual(await lengths({ content: `x${'😀'.repeat(LONGEST)}` }), [LONGEST - 1, LONGEST, 2])
      })

      it('of which the first has the log probabilities, if they are few', async () => {
        const { chunks } = await decode(
          each({ content: 'x'.repeat(LONGEST + 1), logprobs: LOGPROBS }, { finish: 'stop' }, END),
        )
        const told = chunks.map(({ choices: [choice] }) => [choice?.delta.content?.length, choice?.logprobs])
        assert.deepEqual(told.slice(0, -1), [
          [LONGEST, LOGPROBS],
          [1, null],
        ])
      })

      it('also where it is read without the decoder', async () => {
        const chunks = await decodePlain([{ content: 'a' }, { content: 'x'.repeat(LONGEST + 1) }])
        const texts = chunks.map(({ choices }) => choices[0]?.delta.content ?? '')
        assert.deepEqual(
          texts.map(({ length }) => length),
          [1, LONGEST, 1],
        )
      })
    })

    it('annotations: annotations', async () => {
      const annotations = [
        { type: 'url_citation' as const, url_citation: { start_index: 0, end_index: 1, url: 'u', title: 't' } },
      ]
      const { chunks } = await decode(each({ annotations }, { finish: 'stop' }, END))
      assert.deepEqual(short(chunks), [{ annotations }, 'stop'])
    })

    it('log probabilities: the same, with or without text', async () => {
      const { chunks } = await decode(
        each({ content: 'a', logprobs: LOGPROBS }, { logprobs: LOGPROBS }, { finish: 'stop' }, END),
      )
      const told = chunks.map(({ choices: [choice] }) => [choice?.delta, choice?.logprobs])
      assert.deepEqual(told, [
        [{ content: 'a' }, LOGPROBS],
        [{}, LOGPROBS],
        [{}, null],
      ])
    })
  })

  describe('gives each chunk', () => {
    it('the whole envelope, a choice with all its fields, and usage only in the last', async () => {
      const { chunks } = await decode(each({ content: 'a' }, { finish: 'stop' }, { usage: USAGE }, END))
      assert.deepEqual(chunks, [chunk({ content: 'a' }), chunk({}, 'stop'), { ...BASE, choices: [], usage: USAGE }])
    })

    it('no role: that is added where the answer goes out', async () => {
      const { chunks } = await decode(each({ content: 'a' }, { finish: 'stop' }, END))
      assert.ok(chunks.every(({ choices }) => choices.every(({ delta }) => !('role' in delta))))
    })

    it('the id, time and model that the provider told first', async () => {
      const { chunks } = await decode(
        each(
          { id: 'x', created: 7 },
          { model: 'told' },
          { id: 'y', created: 8, model: 'other', content: 'a' },
          { id: 'z', created: 9, model: 'third', finish: 'stop', usage: USAGE },
          END,
        ),
      )
      for (const { id, created, model } of chunks) assert.deepEqual([id, created, model], ['x', 7, 'told'])
    })

    it('the same envelope, even if the provider tells its own only after the first chunk', async () => {
      const { chunks } = await decode(
        each({ content: 'a' }, { id: 'late', created: 7, model: 'late', content: 'b' }, { finish: 'stop' }, END),
      )
      for (const { id, created, model } of chunks) assert.deepEqual({ id, created, model }, ENVELOPE)
    })

    it('nothing empty in place of what was asked', async () => {
      const { chunks } = await decode(each({ id: '', created: 0, model: '', content: 'a' }, { finish: 'stop' }, END))
      for (const { id, created, model } of chunks) assert.deepEqual({ id, created, model }, ENVELOPE)
    })

    it('of text that is read without the decoder the envelope of its time', async () => {
      const told = [['a'], ['b'], ['c', 'x'], ['d', 'x'], ['e', 'y'], ['f', 'y']] as const
      const chunks = await decodePlain(
        told.map(([content, tier]) => ({ content, ...(tier && { service_tier: tier }) })),
      )
      assert.deepEqual(
        chunks.map(({ service_tier, choices: [choice] }) => [choice?.delta.content, service_tier]),
        told.map(([content, tier]) => [content, tier]),
      )
    })

    it('the service tier and the fingerprint from when they are known', async () => {
      const { chunks } = await decode(
        each(
          { content: 'a', service_tier: 'flex' },
          { content: 'b', system_fingerprint: 'fp' },
          { finish: 'stop', service_tier: 'default' },
          END,
        ),
      )
      assert.deepEqual(
        chunks.map(({ service_tier, system_fingerprint }) => [service_tier, system_fingerprint]),
        [
          ['flex', undefined],
          ['flex', 'fp'],
          ['default', 'fp'],
        ],
      )
    })
  })

  describe('corrects the reason', () => {
    const reasons: [told: FinishReason, calls: boolean, sent: FinishReason][] = [
      ['stop', false, 'stop'],
      ['stop', true, 'tool_calls'],
      ['tool_calls', false, 'stop'],
      ['tool_calls', true, 'tool_calls'],
      ['function_call', false, 'stop'],
      ['function_call', true, 'tool_calls'],
      ['length', false, 'length'],
      ['length', true, 'length'],
      ['content_filter', false, 'content_filter'],
      ['content_filter', true, 'content_filter'],
    ]
    for (const [told, calls, sent] of reasons) {
      it(`${told} ${calls ? 'with' : 'without'} a call to ${sent}`, async () => {
        const { chunks } = await decode(each(calls ? CALL : { content: 'a' }, { finish: told }, END))
        assert.equal(short(chunks).at(-1), sent)
      })
    }
  })

  describe('with several reasons for one choice', () => {
    const rows: [FinishReason[], FinishReason][] = [
      [['stop', 'stop'], 'stop'],
      [['stop', 'length'], 'length'],
      [['length', 'stop'], 'length'],
      [['length', 'tool_calls'], 'length'],
      [['content_filter', 'stop'], 'content_filter'],
      [['stop', 'content_filter'], 'content_filter'],
    ]
    for (const [reasons, sent] of rows) {
      it(`${reasons.join(', then ')}: ${sent}`, async () => {
        const { chunks } = await decode(each({ content: 'a' }, ...reasons.map((finish) => ({ finish })), END))
        assert.deepEqual(short(chunks), [{ content: 'a' }, sent])
      })
    }
  })

  describe('with several counts of tokens', () => {
    const usage = (prompt_tokens: number, completion_tokens: number, more: Partial<Usage> = {}): Usage => ({
      prompt_tokens,
      completion_tokens,
      total_tokens: prompt_tokens + completion_tokens,
      ...more,
    })
    const rows: [string, Usage[], Usage][] = [
      ['that grow', [usage(0, 0), usage(3, 1), usage(3, 2)], usage(3, 2)],
      ['of which the last is less', [usage(9, 2), usage(8, 2)], usage(8, 2)],
      ['that end with zeros', [usage(3, 2), usage(0, 0)], usage(3, 2)],
      ['of the prompt and of the answer apart', [usage(3, 0), usage(0, 2)], usage(3, 2)],
      [
        'with details',
        [
          usage(3, 1, { prompt_tokens_details: { cached_tokens: 2, audio_tokens: 1 } }),
          usage(3, 2, {
            prompt_tokens_details: { cached_tokens: 0 },
            completion_tokens_details: { reasoning_tokens: 1 },
          }),
        ],
        usage(3, 2, {
          prompt_tokens_details: { cached_tokens: 2, audio_tokens: 1 },
          completion_tokens_details: { reasoning_tokens: 1 },
        }),
      ],
    ]
    for (const [name, counts, sent] of rows) {
      it(`${name}: the last that is no zero, and they add up`, async () => {
        const { chunks } = await decode(
          each({ content: 'a' }, ...counts.map((usage) => ({ usage })), { finish: 'stop' }, END),
        )
        assert.deepEqual(chunks.at(-1)?.usage, sent)
      })
    }
  })

  describe('with several choices', () => {
    it('ends each with a reason of its own, in order, and has one usage', async () => {
      const { chunks, error } = await decode(
        each(
          { index: 1, content: 'b' },
          { content: 'a' },
          { index: 1, finish: 'length' },
          { index: 0, finish: 'stop' },
          { usage: USAGE },
          END,
        ),
      )
      assert.equal(error, undefined)
      assert.deepEqual(short(chunks), [[1, { content: 'b' }], { content: 'a' }, 'stop', [1, 'length'], USAGE])
    })

    it('numbers the calls of each from 0', async () => {
      const { chunks } = await decode(
        each(
          { index: 1, toolCalls: [{ key: 4, id: 'b', name: 'f' }] },
          { index: 0, toolCalls: [{ key: 9, id: 'a', name: 'f' }] },
          { index: 1, finish: 'stop' },
          { index: 0, finish: 'stop' },
          END,
        ),
      )
      assert.deepEqual(short(chunks), [
        [1, BEGUN],
        BEGUN,
        { tool_calls: [call(0, 'a', '{}')] },
        'tool_calls',
        [1, { tool_calls: [call(0, 'b', '{}')] }],
        [1, 'tool_calls'],
      ])
    })

    it('is truncated as long as one has no reason', async () => {
      const { chunks, error } = await decode(
        each({ content: 'a' }, { index: 1, content: 'b' }, { finish: 'stop' }, END),
      )
      failedAs(error, 'truncated')
      assert.deepEqual(short(chunks), [{ content: 'a' }, [1, { content: 'b' }]])
    })

    it('takes as many as a client can ask for, and no more', async () => {
      const choices = (count: number) =>
        Array.from({ length: count }, (_, index): ChunkInit => ({ index, finish: 'stop' }))
      assert.equal((await decode([[...choices(128), END]])).chunks.length, 128)
      failedAs((await decode([[...choices(129), END]])).error, 'malformed')
    })
  })

  describe('takes a stream for truncated', () => {
    const cut: Record<string, ChunkInit[][]> = {
      'that is empty': [],
      'with nothing but its end': [[END]],
      'whose terminal came before a reason': each({ content: 'a' }, END),
      'that has no reason': each({ content: 'a' }, { usage: USAGE }),
      'that has no reason for one of its choices': each({ finish: 'stop' }, { index: 1, content: 'a' }),
    }
    for (const [name, events] of Object.entries(cut)) {
      it(`${name}, and sends no reason`, async () => {
        const { chunks, error } = await decode(events)
        failedAs(error, 'truncated')
        assert.ok(chunks.every(({ choices }) => choices.length > 0 && choices[0]?.finish_reason === null))
      })
    }

    it('that broke off, and keeps the cause', async () => {
      const cause = new Error('ECONNRESET')
      const { error } = await decode(each({ content: 'a' }, { finish: 'stop' }), { cut: cause })
      failedAs(error, 'truncated')
      assert.equal(error?.cause, cause)
    })

    it('that has fewer choices than were asked for, unless its terminal was seen', async () => {
      const one = { content: 'a', finish: 'stop' } as const
      failedAs((await decode(each(one), { choices: 2 })).error, 'truncated')
      assert.equal((await decode(each(one, END), { choices: 2 })).error, undefined)
    })
  })

  it('takes a stream that broke off after its terminal for whole', async () => {
    const { chunks, error } = await decode(each({ content: 'a', finish: 'stop', end: true }), {
      cut: new Error('ECONNRESET'),
    })
    assert.equal(error, undefined)
    assert.deepEqual(short(chunks), [{ content: 'a' }, 'stop'])
  })

  it('takes a clean end of the body for the end, once there is a reason', async () => {
    const { chunks, error } = await decode(each({ content: 'a' }, { finish: 'stop' }, { content: 'b', usage: USAGE }))
    assert.equal(error, undefined)
    assert.deepEqual(short(chunks), [{ content: 'a' }, { content: 'b' }, 'stop', USAGE])
  })

  it('sends the reason and the usage only after the end', async () => {
    const cut = new Error('ECONNRESET')
    const before = await decode(each({ content: 'a' }, { finish: 'stop' }, { usage: USAGE }), { cut })
    assert.deepEqual(short(before.chunks), [{ content: 'a' }])
  })

  it('remembers text where JSON was asked for, and no more than it may', async () => {
    const demands = { failOn: ['invalid_json' as const], json: true, afterToolResult: false }
    const pieces = each({ content: '{"a":' }, { content: '1}' }, { finish: 'stop' }, END)
    assert.equal((await decode(pieces, { demands, maxJsonBytes: 7 })).error, undefined)
    failedAs((await decode(pieces, { demands, maxJsonBytes: 6 })).error, 'malformed')
    const prose = each({ content: 'Sure' }, { finish: 'stop' }, END)
    failedAs((await decode(prose, { demands })).error, 'unusable')
  })

  describe('holds tool calls', () => {
    const events = each(
      { toolCalls: [{ key: 3, id: 'a', name: 'f' }] },
      { content: 'between' },
      { toolCalls: [{ key: 3, arguments: '{"x"' }] },
      { toolCalls: [{ key: 1, id: 'b', name: 'f', arguments: '' }] },
      { toolCalls: [{ key: 3, arguments: ':1}' }] },
      { finish: 'tool_calls' },
      END,
    )

    it('back until the end with "whole", and sends them in order before the reason', async () => {
      const { chunks } = await decode(events)
      assert.deepEqual(short(chunks), [
        BEGUN,
        { content: 'between' },
        { tool_calls: [call(0, 'a', '{"x":1}')] },
        { tool_calls: [call(1, 'b', '{}')] },
        'tool_calls',
      ])
    })

    it('apart from each other, even those that were told together', async () => {
      const together = { toolCalls: ['a', 'b'].map((id) => ({ key: id, id, name: 'f', arguments: '{}' })) }
      for (const toolCalls of ['whole', 'live'] as const) {
        const { chunks } = await decode(each(together, { finish: 'tool_calls' }, END), { toolCalls })
        assert.deepEqual(short(chunks), [
          ...(toolCalls === 'whole' ? [BEGUN] : []),
          { tool_calls: [call(0, 'a', '{}')] },
          { tool_calls: [call(1, 'b', '{}')] },
          'tool_calls',
        ])
      }
    })

    it('not back with "live", and completes empty ones before the reason', async () => {
      const { chunks } = await decode(events, { toolCalls: 'live' })
      assert.deepEqual(short(chunks), [
        { tool_calls: [call(0, 'a', '')] },
        { content: 'between' },
        { tool_calls: [{ index: 0, function: { arguments: '{"x"' } }] },
        { tool_calls: [call(1, 'b', '')] },
        { tool_calls: [{ index: 0, function: { arguments: ':1}' } }] },
        { tool_calls: [{ index: 1, function: { arguments: '{}' } }] },
        'tool_calls',
      ])
    })

    it('back for good if the stream breaks', async () => {
      const { chunks, error } = await decode(events.slice(0, -1), { cut: new Error('ECONNRESET') })
      failedAs(error, 'truncated')
      assert.deepEqual(short(chunks), [BEGUN, { content: 'between' }])
    })

    it('as the model left them when it ran out of tokens', async () => {
      const { chunks } = await decode(
        each({ toolCalls: [{ key: 0, id: 'a', name: 'f', arguments: '{"x' }] }, { finish: 'length' }, END),
      )
      assert.deepEqual(short(chunks), [BEGUN, { tool_calls: [call(0, 'a', '{"x')] }, 'length'])
    })

    it('without the one within which a filter struck', async () => {
      for (const half of [{ arguments: '{"x' }, {}, { name: '' }]) {
        const { chunks, error } = await decode(
          each(
            { toolCalls: [{ key: 0, id: 'a', name: 'f', arguments: '{"x":1}' }] },
            { toolCalls: [{ key: 1, id: 'b', name: 'f', ...half }] },
            { finish: 'content_filter' },
            END,
          ),
        )
        assert.equal(error, undefined)
        assert.deepEqual(short(chunks).slice(-2), [{ tool_calls: [call(0, 'a', '{"x":1}')] }, 'content_filter'])
      }
    })

    it('without "{}" when the model ran out of tokens before the arguments', async () => {
      const { chunks } = await decode(each({ toolCalls: [{ key: 0, id: 'a', name: 'f' }] }, { finish: 'length' }, END))
      assert.deepEqual(short(chunks), [BEGUN, { tool_calls: [call(0, 'a', '')] }, 'length'])
    })

    it('that are long in several pieces, the first with the head', async () => {
      const long = `{"x":"${'y'.repeat(12_000)}"}`
      for (const toolCalls of ['whole', 'live'] as const) {
        for (const type of ['function', 'custom'] as const) {
          const init = { toolCalls: [{ key: 0, id: 'a', name: 'f', type, arguments: long }] }
          const { chunks } = await decode(each(init, { finish: 'tool_calls' }, END), {
            toolCalls,
            maxToolCallBytes: 99_999,
          })
          const pieces = chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? [])
          const texts = pieces.map(({ function: called, custom }) => called?.arguments ?? custom?.input)
          assert.deepEqual([texts.length, texts.join('')], [2, long])
          assert.deepEqual(
            pieces.map(({ id, type: kind }) => [id, kind]),
            [
              ['a', type],
              [undefined, undefined],
            ],
          )
        }
      }
    })

    it('up to a limit for all choices together', async () => {
      const part = (index: number) => ({ index, toolCalls: [{ key: 0, name: 'f', arguments: 'x'.repeat(400) }] })
      failedAs((await decode([[part(0)]], { maxToolCallBytes: 900 })).error, 'truncated')
      failedAs((await decode([[part(0)], [part(1)]], { maxToolCallBytes: 900 })).error, 'malformed')
    })

    it('without end only up to the limit, even if they are empty', async () => {
      const calls = Array.from({ length: 100 }, (_, key): ChunkInit => ({ toolCalls: [{ key }] }))
      failedAs((await decode([calls], { maxToolCallBytes: 10_000, toolCalls: 'live' })).error, 'malformed')
    })

    it('without a limit on what has gone out already', async () => {
      const piece: ChunkInit = { toolCalls: [{ key: 0, id: 'a', name: 'f', arguments: 'x'.repeat(300) }] }
      const { error } = await decode(each(piece, piece, piece, piece, { finish: 'stop' }, END), {
        maxToolCallBytes: 600,
        toolCalls: 'live',
      })
      assert.equal(error, undefined)
    })
  })

  describe('tells of content', () => {
    const content: Record<string, ChunkInit> = {
      text: { content: 'a' },
      reasoning: { reasoning: 'a' },
      'a refusal': { refusal: 'a' },
      'a held tool call': CALL,
      audio: { audio: {} },
      'a finish reason': { finish: 'stop' },
    }
    for (const [name, init] of Object.entries(content)) {
      it(`at ${name}`, async () => {
        const cut = new Error('ECONNRESET')
        assert.deepEqual((await decode([[init]], { cut })).seen, ['content'])
      })
    }

    const none: Record<string, ChunkInit> = {
      'empty text': { content: '', reasoning: '', refusal: '', toolCalls: [], annotations: [] },
      'an id': { id: 'x', model: 'm', created: 1 },
      'log probabilities': { logprobs: LOGPROBS },
      'vendor fields': { vendor: { delta: { x: 1 } } },
    }
    for (const [name, init] of Object.entries(none)) {
      it(`not at ${name}`, async () => assert.deepEqual((await decode([[init]])).seen, []))
    }
  })

  describe('passes vendor fields on', () => {
    const vendor = { chunk: { x_v: 1, id: 'no' }, choice: { token: 2, index: 9 }, delta: { extra: 3, content: 'no' } }

    it('beside OpenAI’s, which win, if strict is false', async () => {
      const { chunks } = await decode(each({ content: 'a', vendor }, { finish: 'stop' }, END), { strict: false })
      const choice = { index: 0, delta: { extra: 3, content: 'a' }, logprobs: null, finish_reason: null, token: 2 }
      assert.deepEqual(chunks[0], { ...BASE, x_v: 1, choices: [choice] })
    })

    it('even without anything else', async () => {
      const init: ChunkInit = { vendor: { delta: { citations: [1] } } }
      const { chunks } = await decode(each(init, { finish: 'stop' }, END), { strict: false })
      assert.deepEqual(short(chunks), [{ citations: [1] }, 'stop'])
    })

    it('not at all if strict', async () => {
      const { chunks } = await decode(each({ content: 'a', vendor }, { vendor }, { finish: 'stop' }, END))
      assert.deepEqual(chunks, [chunk({ content: 'a' }), chunk({}, 'stop')])
    })
  })

  it('fails with what the decoder throws, after the chunks before it', async () => {
    const thrown = new Error('in-band')
    const { chunks, error } = await decode(each({ content: 'a' }, { refusal: 'throw' }, { content: 'b' }), {
      decoder: {
        *decode({ data }) {
          if (data.includes('throw')) throw thrown
          yield* JSON.parse(data) as ChunkInit[]
        },
      },
    })
    assert.equal(error, thrown)
    assert.deepEqual(short(chunks), [{ content: 'a' }])
  })

  it('lets the decoder clean up when it leaves off at the end', async () => {
    let cleaned = false
    await decode(each(END), {
      decoder: {
        *decode() {
          try {
            yield { finish: 'stop', end: true }
            yield { content: 'never' }
          } finally {
            cleaned = true
          }
        },
      },
    })
    assert.equal(cleaned, true)
  })
})
