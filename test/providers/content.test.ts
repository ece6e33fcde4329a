import assert from 'node:assert/strict'
import { RequestError } from '../../lib/errors.ts'
import {
  argumentsObject,
  argumentsText,
  dataUrl,
  maxTokens,
  refuseSeveralAnswers,
  stopList,
  textOf,
  textParts,
  turns,
} from '../../lib/providers/content.ts'
import type { ChatRequest, Message, TextPart } from '../../lib/types/chat.ts'

const request = (fields: Partial<ChatRequest>): ChatRequest => ({ model: 'm', messages: [], ...fields })
const part = (text: string): TextPart => ({ type: 'text', text })

describe('textOf', () => {
  const contents: Record<string, [Parameters<typeof textOf>[0], string]> = {
    'a string': ['a', 'a'],
    null: [null, ''],
    nothing: [undefined, ''],
    'no parts': [[], ''],
    'text parts, their words apart': [[part('a'), part(''), part('b')], 'a\nb'],
    'text parts that are apart': [[part('a '), part('b'), part('\nc')], 'a b\nc'],
    'parts of other kinds': [[part('a'), { type: 'image_url' }, { type: 'refusal', text: 'no' }, part('b')], 'a\nb'],
    'a text part without text': [[{ type: 'text' }], ''],
  }
  for (const [name, [content, text]] of Object.entries(contents)) {
    it(`reads ${name}`, () => assert.equal(textOf(content), text))
  }
})

describe('textParts', () => {
  it('makes one part of a string', () => assert.deepEqual(textParts('a'), [part('a')]))
  it('makes none of an empty string', () => assert.deepEqual(textParts(''), []))
  it('leaves out empty parts and keeps the rest as it is', () => {
    const cached: TextPart = { ...part('b'), prompt_cache_breakpoint: { mode: 'explicit' } }
    assert.deepEqual(textParts([part('a'), part(''), cached]), [part('a'), cached])
  })
})

describe('dataUrl', () => {
  const urls: Record<string, { mime: string; data: string } | undefined> = {
    'data:image/png;base64,AAAA': { mime: 'image/png', data: 'AAAA' },
    'DATA:Image/PNG;BASE64,AAAA': { mime: 'image/png', data: 'AAAA' },
    'data:text/plain;charset=utf-8;base64,AA==': { mime: 'text/plain', data: 'AA==' },
    'data:image/png ; base64,AA,A': { mime: 'image/png', data: 'AA,A' },
    'data:;base64,AAAA': { mime: '', data: 'AAAA' },
    'data:image/png;base64,': { mime: 'image/png', data: '' },
    'https://a.test/b.png': undefined,
    'https://a.test/?data:image/png;base64,AAAA': undefined,
    'gs://bucket/x': undefined,
    '': undefined,
  }
  for (const [url, expected] of Object.entries(urls)) {
    it(`splits '${url}'`, () => assert.deepEqual(dataUrl(url), expected))
  }

  for (const url of [
    'data:',
    'data:image/png;base64',
    'data:image/png,AAAA',
    'data:base64,AAAA',
    'data:text/plain,hi',
  ]) {
    it(`refuses '${url}'`, () => {
      assert.throws(
        () => dataUrl(url),
        (error: unknown) => error instanceof RequestError && error.api.param === 'messages',
      )
    })
  }
})

describe('maxTokens', () => {
  const limits: [Partial<ChatRequest>, number | undefined][] = [
    [{}, undefined],
    [{ max_tokens: 5 }, 5],
    [{ max_completion_tokens: 7 }, 7],
    [{ max_completion_tokens: 7, max_tokens: 5 }, 7],
    [{ max_completion_tokens: null, max_tokens: 5 }, 5],
    [{ max_completion_tokens: 0, max_tokens: 5 }, 0],
    [{ max_completion_tokens: null, max_tokens: null }, undefined],
  ]
  for (const [fields, expected] of limits) {
    it(`is ${expected} for ${JSON.stringify(fields)}`, () => assert.equal(maxTokens(request(fields)), expected))
  }
})

describe('stopList', () => {
  const stops: [Partial<ChatRequest>, string[] | undefined][] = [
    [{}, undefined],
    [{ stop: null }, undefined],
    [{ stop: [] }, undefined],
    [{ stop: 'a' }, ['a']],
    [{ stop: ['a', 'b'] }, ['a', 'b']],
  ]
  for (const [fields, expected] of stops) {
    it(`is ${JSON.stringify(expected)} for ${JSON.stringify(fields)}`, () => {
      assert.deepEqual(stopList(request(fields)), expected)
    })
  }
  it('is a list of its own', () => {
    const stop = Object.freeze(['a']) as string[]
    stopList(request({ stop }))?.push('b')
    assert.deepEqual(stop, ['a'])
  })
})

describe('turns', () => {
  const user: Message = { role: 'user', content: 'u' }
  const assistant: Message = { role: 'assistant', content: 'a' }
  const tool = (id: string) => ({ role: 'tool' as const, tool_call_id: id, content: id })

  it('puts tool messages that follow each other into one turn', () => {
    const messages = [user, assistant, tool('1'), tool('2'), assistant, tool('3'), user]
    assert.deepEqual(turns(messages), [
      { message: user },
      { message: assistant },
      { tool: [tool('1'), tool('2')] },
      { message: assistant },
      { tool: [tool('3')] },
      { message: user },
    ])
  })
  it('has none without messages', () => assert.deepEqual(turns([]), []))
  it('takes tool messages at the start', () => assert.deepEqual(turns([tool('1')]), [{ tool: [tool('1')] }]))
})

describe('argumentsObject', () => {
  const texts: [string, Record<string, unknown>][] = [
    ['{"a":[1]}', { a: [1] }],
    ['', {}],
    [' \n', {}],
    ['{}', {}],
    ['null', { rawInvalidInput: 'null' }],
    ['[1]', { rawInvalidInput: '[1]' }],
    ['"a"', { rawInvalidInput: '"a"' }],
    ['5', { rawInvalidInput: '5' }],
    ['{"a"', { rawInvalidInput: '{"a"' }],
  ]
  for (const [text, expected] of texts) {
    it(`reads ${JSON.stringify(text)}`, () => assert.deepEqual(argumentsObject(text), expected))
  }
  it('is not fooled by __proto__', () => {
    const value = argumentsObject('{"__proto__":{"polluted":1}}')
    assert.deepEqual([value.polluted, Object.keys(value)], [undefined, ['__proto__']])
  })
})

describe('refuseSeveralAnswers', () => {
  for (const fields of [{}, { n: null }, { n: 1 }]) {
    it(`lets ${JSON.stringify(fields)} pass`, () => refuseSeveralAnswers(request(fields), 'X'))
  }
  it('refuses more than one', () => {
    assert.throws(
      () => refuseSeveralAnswers(request({ n: 2 }), 'X'),
      (error: unknown) =>
        error instanceof RequestError &&
        error.message.includes('X') &&
        error.api.param === 'n' &&
        error.api.code === 'unsupported_value',
    )
  })
})

describe('argumentsText', () => {
  const rows: Record<string, string> = {
    '': '{}',
    ' {"a": 1}': ' {"a": 1}',
    '[1]': '{"rawInvalidInput":"[1]"}',
    '{"a":': '{"rawInvalidInput":"{\\"a\\":"}',
  }
  for (const [given, expected] of Object.entries(rows)) {
    it(`makes ${expected} of '${given}'`, () => assert.equal(argumentsText(given), expected))
  }
})
