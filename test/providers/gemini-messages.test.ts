import assert from 'node:assert/strict'
import { vertexAi } from '../../lib/providers/vertex-ai.ts'
import {
  body,
  call,
  contents,
  encode,
  HELLO,
  type Json,
  refused,
  VERTEX,
  vertexBody,
} from '../helpers/gemini-request.ts'

describe('Gemini: messages', () => {
  it('puts system and developer messages into the system instruction, wherever they stand', () => {
    const messages = [
      { role: 'system', content: 'A' },
      ...HELLO,
      { role: 'developer', content: [{ type: 'text', text: 'B' }] },
    ]
    assert.deepEqual(body({ messages }).systemInstruction, { parts: [{ text: 'A' }, { text: 'B' }] })
    assert.deepEqual(contents(messages), [{ role: 'user', parts: [{ text: 'Hello' }] }])
  })

  it('says the system message as the user where Gemini has no place for it', () => {
    const system = { role: 'system', content: 'A' }
    const asUser = [{ role: 'user', parts: [{ text: 'A' }, { text: 'Hello' }] }]
    assert.deepEqual(contents([system, ...HELLO], { model: 'gemma-3-27b-it' }), asUser)
    assert.equal(body({ messages: [system, ...HELLO], model: 'gemma-3-27b-it' }).systemInstruction, undefined)
    assert.deepEqual(contents([system]), [{ role: 'user', parts: [{ text: 'A' }] }])
  })

  it('joins turns of one role and leaves empty ones out', () => {
    const messages = [
      { role: 'user', content: 'A' },
      { role: 'user', content: [{ type: 'text', text: '' }] },
      { role: 'user', content: [{ type: 'text', text: 'B' }] },
      { role: 'assistant', content: null },
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'C' },
          { type: 'refusal', refusal: 'D' },
        ],
      },
      { role: 'assistant', content: '', refusal: 'E' },
    ]
    assert.deepEqual(contents(messages), [
      { role: 'user', parts: [{ text: 'A' }, { text: 'B' }] },
      { role: 'model', parts: [{ text: 'C' }, { text: 'D' }, { text: 'E' }] },
    ])
  })

  it('refuses a request without anything to say', () => {
    assert.throws(() => encode({ messages: [{ role: 'user', content: '' }] }), refused('messages'))
  })

  it('turns calls into objects and their results, by name, into one turn', () => {
    const messages = [
      ...HELLO,
      { role: 'assistant', content: 'Hm', tool_calls: [call('1', 'a', '{"x":1}', 'c2ln'), call('2', 'b', '')] },
      { role: 'tool', tool_call_id: '2', content: '{"ok":true}' },
      { role: 'tool', tool_call_id: '1', content: [{ type: 'text', text: 'plain' }] },
      { role: 'user', content: 'And?' },
    ]
    assert.deepEqual(contents(messages), [
      { role: 'user', parts: [{ text: 'Hello' }] },
      {
        role: 'model',
        parts: [
          { text: 'Hm' },
          { functionCall: { id: '1', name: 'a', args: { x: 1 } }, thoughtSignature: 'c2ln' },
          { functionCall: { id: '2', name: 'b', args: {} } },
        ],
      },
      {
        role: 'user',
        parts: [
          { functionResponse: { id: '1', name: 'a', response: { output: 'plain' } } },
          { functionResponse: { id: '2', name: 'b', response: { ok: true } } },
        ],
      },
      { role: 'user', parts: [{ text: 'And?' }] },
    ])
  })

  it('leaves the ids of calls out on Vertex', () => {
    const messages = [
      ...HELLO,
      { role: 'assistant', tool_calls: [call('1', 'a', '{}', 'c2ln')] },
      { role: 'tool', tool_call_id: '1', content: 'x' },
      { role: 'user', content: 'And?' },
    ]
    assert.deepEqual((vertexBody({ messages }).contents as unknown[]).slice(1), [
      { role: 'model', parts: [{ functionCall: { name: 'a', args: {} }, thoughtSignature: 'c2ln' }] },
      { role: 'user', parts: [{ functionResponse: { name: 'a', response: { output: 'x' } } }] },
      { role: 'user', parts: [{ text: 'And?' }] },
    ])
  })

  const results: [output: string, response: Json][] = [
    ['', { output: '' }],
    ['[1]', { output: '[1]' }],
    ['null', { output: 'null' }],
    ['{"a":null}', { a: null }],
    ['{"a":{"b":[1]}}', { a: { b: [1] } }],
    ['{"a":[{"$ref":"#/x"}]}', { output: '{"a":[{"$ref":"#/x"}]}' }],
  ]
  for (const [content, response] of results) {
    it(`sends the result ${content || 'without text'} as ${JSON.stringify(response)}`, () => {
      const [, , turn] = contents([
        ...HELLO,
        { role: 'assistant', tool_calls: [call('1', 'a', '{}')] },
        { role: 'tool', tool_call_id: '1', content },
      ]) as { parts: unknown[] }[]
      assert.deepEqual(turn?.parts, [{ functionResponse: { id: '1', name: 'a', response } }])
    })
  }

  it('carries a custom call on as a function call', () => {
    const custom = { id: '1', type: 'custom', custom: { name: 'sh', input: 'ls' } }
    const [, turn] = contents([...HELLO, { role: 'assistant', tool_calls: [custom] }], {
      model: 'gemini-2.5-pro',
    }) as Json[]
    assert.deepEqual(turn?.parts, [{ functionCall: { id: '1', name: 'sh', args: { input: 'ls' } } }])
  })

  const SKIP = 'skip_thought_signature_validator'
  const signatures: [name: string, model: string, states: (string | undefined)[], expected: (string | undefined)[]][] =
    [
      ['replays a signature', 'gemini-2.5-flash', ['c2ln'], ['c2ln']],
      ['asks for none before generation 3', 'gemini-2.5-flash', [undefined], [undefined]],
      [
        'skips the check for a first call without one',
        'gemini-3.1-pro-preview',
        [undefined, undefined],
        [SKIP, undefined],
      ],
      ['skips it for names that mean the newest model', 'gemini-flash-latest', [undefined], [SKIP]],
      ['keeps a signature on a later call', 'gemini-3-flash', [undefined, 'c2ln'], [SKIP, 'c2ln']],
      ['does not take the state of another provider for one', 'gemini-3-flash', ['[{"type":"thinking"}]'], [SKIP]],
      ['has nothing to skip for other models', 'gemma-3-27b-it', [undefined], [undefined]],
    ]
  for (const [name, model, states, expected] of signatures) {
    it(`${name} (${model})`, () => {
      const tool_calls = states.map((state, index) => call(String(index), 'a', '{}', state))
      const [, turn] = contents([...HELLO, { role: 'assistant', tool_calls }], { model }) as { parts: Json[] }[]
      assert.deepEqual(
        turn?.parts.map((part) => part.thoughtSignature),
        expected,
      )
    })
  }
})

describe('Gemini: media', () => {
  const user = (part: unknown) => [{ role: 'user', content: [part] }]
  const image = (url: string) => user({ type: 'image_url', image_url: { url } })
  const first = (encoded: Json) => (encoded.contents as { parts: unknown[] }[])[0]?.parts[0]
  const inline = (mimeType: string, data: string) => ({ inlineData: { mimeType, data } })

  const everywhere: [name: string, messages: unknown[], part: Json][] = [
    ['an image', image('data:image/png;base64,AAAA'), inline('image/png', 'AAAA')],
    ['an image of no given type', image('data:;base64,/9j/AAAA'), inline('image/jpeg', '/9j/AAAA')],
    [
      'an image of another type than its bytes',
      image('data:image/jpeg;base64,iVBORw0KGgo='),
      inline('image/png', 'iVBORw0KGgo='),
    ],
    ['audio', user({ type: 'input_audio', input_audio: { data: 'AAAA', format: 'mp3' } }), inline('audio/mp3', 'AAAA')],
    [
      'a file',
      user({ type: 'file', file: { file_data: 'data:application/pdf;base64,AAAA', filename: 'a.pdf' } }),
      inline('application/pdf', 'AAAA'),
    ],
  ]
  for (const [name, messages, part] of everywhere) {
    it(`sends ${name} inline`, () => {
      assert.deepEqual(first(body({ messages })), part)
      assert.deepEqual(first(vertexBody({ messages })), part)
    })
  }

  const urls: [url: string, studio: Json | undefined, vertex: Json][] = [
    ['https://example.com/a.PNG?x=1', undefined, { mimeType: 'image/png' }],
    ['gs://bucket/a.webp', undefined, { mimeType: 'image/webp' }],
    ['https://youtu.be/abc', {}, { mimeType: 'video/mp4' }],
    ['https://generativelanguage.googleapis.com/v1beta/files/abc.png', {}, { mimeType: 'image/png' }],
  ]
  for (const [url, studio, vertex] of urls) {
    it(`lets Vertex${studio ? ' and AI Studio' : ', but not AI Studio,'} fetch ${url}`, () => {
      const messages = image(url)
      assert.deepEqual(first(vertexBody({ messages })), { fileData: { ...vertex, fileUri: url } })
      if (studio) assert.deepEqual(first(body({ messages })), { fileData: { ...studio, fileUri: url } })
    })
  }

  it('sends AI Studio what other URLs lead to', async () => {
    const asked: string[] = []
    const fetchMedia = async (url: string) => {
      asked.push(url)
      return url.endsWith('pdf') ? { mime: 'application/pdf', data: 'AAAA' } : { mime: 'image/png', data: 'BBBB' }
    }
    const parts = [
      { type: 'image_url', image_url: { url: 'HTTPS://example.com/a' } },
      { type: 'text', text: 'and' },
      { type: 'file', file: { file_data: 'http://example.com/b.pdf', filename: 'b.pdf' } },
      { type: 'image_url', image_url: { url: 'https://youtu.be/abc' } },
    ]
    const messages = [...HELLO, { role: 'assistant', content: 'Hi' }, { role: 'user', content: parts }]
    const { body: text } = await encode({ messages }, { fetchMedia })
    assert.deepEqual(asked, ['HTTPS://example.com/a', 'http://example.com/b.pdf'])
    assert.deepEqual(JSON.parse(text).contents.at(-1).parts, [
      { inlineData: { mimeType: 'image/png', data: 'BBBB' } },
      { text: 'and' },
      { inlineData: { mimeType: 'application/pdf', data: 'AAAA' } },
      { fileData: { fileUri: 'https://youtu.be/abc' } },
    ])
  })

  it('lets AI Studio fetch nothing from a bucket', () => {
    assert.throws(() => encode({ messages: image('gs://bucket/a.webp') }), refused('messages'))
  })

  it('tells Vertex the type of a file by its extension', () => {
    const types = ['png', 'jpg', 'jpeg', 'webp', 'gif', 'heic', 'heif', 'pdf', 'txt', 'mp3', 'wav', 'mp4']
    const told = types.map((type) => {
      const part = first(vertexBody({ messages: image(`https://example.com/a.${type}`) })) as { fileData: Json }
      return part.fileData.mimeType
    })
    assert.deepEqual(told, [
      ...['image/png', 'image/jpeg', 'image/jpeg', 'image/webp', 'image/gif', 'image/heic', 'image/heif'],
      ...['application/pdf', 'text/plain', 'audio/mp3', 'audio/wav', 'video/mp4'],
    ])
  })

  it("takes a file's type from the client, or from its name, where the URL has no ending", () => {
    const part = (file: Json) => first(vertexBody({ messages: user({ type: 'file', file }) }))
    const file_data = 'gs://bucket/a'
    assert.deepEqual(part({ file_data, format: 'text/csv' }), {
      fileData: { mimeType: 'text/csv', fileUri: file_data },
    })
    assert.deepEqual(part({ file_data, filename: 'a.md' }), {
      fileData: { mimeType: 'text/markdown', fileUri: file_data },
    })
  })

  it('fetches for Vertex what has no ending', async () => {
    const fetchMedia = async () => ({ mime: 'image/webp', data: 'AAAA' })
    const messages = image('https://example.com/a')
    const { body: text } = await encode({ messages }, { fields: VERTEX, fetchMedia }, vertexAi)
    assert.deepEqual(first(JSON.parse(text)), inline('image/webp', 'AAAA'))
  })

  it('refuses what it cannot send', () => {
    const parts = [
      { type: 'file', file: { file_id: 'file-1' } },
      { type: 'image_url', image_url: { url: 'data:image/png,raw' } },
      { type: 'image_url', image_url: { url: 'ftp://example.com/a.png' } },
      { type: 'video' },
      { type: 'image_url', image_url: { url: 'data:;base64,AAAA' } },
      { type: 'image_url', image_url: { url: 'gs://bucket/a.constructor' } },
    ]
    for (const part of parts) {
      assert.throws(() => encode({ messages: user(part) }), refused('messages'))
      assert.throws(() => encode({ messages: user(part) }, { fields: VERTEX }, vertexAi), refused('messages'))
    }
  })
})
