import assert from 'node:assert/strict'
import { RequestError, UpstreamError } from '../../lib/errors.ts'
import { readAnswer } from '../../lib/middleware/embeddings/answer.ts'
import { embeddingModel } from '../../lib/middleware/embeddings/model.ts'
import { countOf, readEmbeddings } from '../../lib/middleware/embeddings/request.ts'

describe('a request for embeddings', () => {
  const good: [input: unknown, count: number][] = [
    ['text', 1],
    [['a', 'b'], 2],
    [[1, 2, 3], 1],
    [[[1, 2], [3]], 2],
    [['a', [1]], 2],
  ]
  for (const [input, count] of good) {
    it(`may have ${JSON.stringify(input)}, which is ${count}`, () => {
      const request = readEmbeddings({ model: 'm', input, dimensions: 8 })
      assert.deepEqual({ ...request }, { model: 'm', input, dimensions: 8 })
      assert.equal(countOf(request.input), count)
    })
  }

  const bad: [body: unknown, param: string | null][] = [
    [7, null],
    [[], null],
    [{ model: 7, input: 'a' }, 'model'],
    [{ model: 'm'.repeat(3000), input: 'a' }, 'model'],
    [{ model: 'm' }, 'input'],
    ...['', [], [''], ['a', 1], [[]], [['a']], [null], {}, 7].map((input): [unknown, string] => [
      { model: 'm', input },
      'input',
    ]),
    [{ model: 'm', input: Array(2049).fill('a') }, 'input'],
    [{ model: 'm', input: 'a', encoding_format: 'int8' }, 'encoding_format'],
  ]
  for (const [body, param] of bad) {
    it(`may not be ${JSON.stringify(body).slice(0, 60)}`, () => {
      assert.throws(
        () => readEmbeddings(body),
        (error) => error instanceof RequestError && error.api.param === param && error.api.status === 400,
      )
    })
  }
})

describe('an answer of embeddings', () => {
  const BASE64 = Buffer.from(new Float32Array([0.5, -1]).buffer).toString('base64')
  const answer = (data: unknown, more: object = {}) => JSON.stringify({ object: 'list', data, ...more })
  const read = (text: string, input: string | string[] = ['a', 'b'], encoding_format?: string) =>
    readAnswer(text, { model: 'asked', input, ...(encoding_format && { encoding_format }) })

  it('has each in its place, in one form, with what else the client needs', () => {
    const data = [
      { index: 1, embedding: [0.25] },
      { index: 0, embedding: [1] },
    ]
    assert.deepEqual(read(answer(data, { model: 'm', usage: { prompt_tokens: 3, total_tokens: 4 }, id: 'x' })), {
      object: 'list',
      data: [
        { object: 'embedding', index: 0, embedding: [1] },
        { object: 'embedding', index: 1, embedding: [0.25] },
      ],
      model: 'm',
      usage: { prompt_tokens: 3, total_tokens: 4 },
    })
  })

  it('may lack indexes, a model and usage', () => {
    const { data, model, usage } = read(answer([{ embedding: [1] }, { embedding: [2] }]))
    assert.deepEqual(
      data.map(({ embedding }) => embedding),
      [[1], [2]],
    )
    assert.equal(model, 'asked')
    assert.deepEqual(usage, { prompt_tokens: 0, total_tokens: 0 })
    assert.deepEqual(read(answer([{ embedding: [1] }], { usage: { total_tokens: 2 } }), 'a').usage, {
      prompt_tokens: 2,
      total_tokens: 2,
    })
  })

  const forms: [name: string, embedding: unknown, format: string | undefined, expected: unknown][] = [
    ['numbers as numbers', [0.5, -1], undefined, [0.5, -1]],
    ['numbers as base64', [0.5, -1], 'base64', BASE64],
    ['base64 as base64', BASE64, 'base64', BASE64],
    ['base64 as numbers', BASE64, 'float', [0.5, -1]],
  ]
  for (const [name, embedding, format, expected] of forms) {
    it(`has ${name}`, () => assert.deepEqual(read(answer([{ embedding }]), 'a', format).data[0]?.embedding, expected))
  }

  const broken: [name: string, text: string][] = [
    ['no JSON', '{'],
    ['null', 'null'],
    ['no data', '{}'],
    ['too few', answer([{ embedding: [1] }])],
    [
      'one twice',
      answer([
        { index: 0, embedding: [1] },
        { index: 0, embedding: [2] },
      ]),
    ],
    ['one that is none', answer([{ embedding: [1] }, { embedding: ['x'] }])],
    ['one that is nothing', answer([{ embedding: [1] }, null])],
  ]
  for (const [name, text] of broken) {
    it(`is a failure with ${name}`, () => {
      assert.throws(
        () => read(text),
        (error) => error instanceof UpstreamError && error.kind === 'malformed',
      )
    })
  }
})

describe('the model of embeddings', () => {
  it('is what the target calls it by name, never what it calls any other', () => {
    const target = { settings: { models: { small: 'my-small', '*': 'gpt-4o' } } }
    assert.equal(embeddingModel(target, 'small'), 'my-small')
    assert.equal(embeddingModel(target, 'text-embedding-3-large'), 'text-embedding-3-large')
    assert.equal(embeddingModel(target, 'constructor'), 'constructor')
  })
})
