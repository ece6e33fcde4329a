import assert from 'node:assert/strict'
import { RequestError } from '../../lib/errors.ts'
import type { ChatRequest, Message } from '../../lib/types/chat.ts'
import { body, HI } from './anthropic-fixtures.ts'

const PNG = 'data:image/png;base64,iVBORw0='
const messages = (...list: Message[]) => body({ messages: list }).messages

function refused(request: Partial<ChatRequest>): RequestError {
  try {
    body(request)
  } catch (error) {
    assert(error instanceof RequestError)
    return error
  }
  throw new Error('nothing was refused')
}

describe('the Anthropic request: parts of a message', () => {
  const parts: [string, Parameters<typeof userPart>[0], unknown][] = [
    ['an inline image', { type: 'image_url', image_url: { url: PNG } }, image('image/png')],
    [
      'a PNG that is called a JPEG',
      { type: 'image_url', image_url: { url: 'data:image/jpg;base64,iVBORw0=' } },
      image('image/png'),
    ],
    [
      'a jpg by its other name',
      { type: 'image_url', image_url: { url: 'data:image/jpg;base64,AAAA' } },
      { type: 'image', source: { type: 'base64', media_type: 'image/jpeg', data: 'AAAA' } },
    ],
    [
      'an image by URL',
      { type: 'image_url', image_url: { url: 'https://x.test/a.png' } },
      { type: 'image', source: { type: 'url', url: 'https://x.test/a.png' } },
    ],
    [
      'a PDF',
      { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERg==' } },
      { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERg==' }, title: 'a.pdf' },
    ],
    [
      'a PDF by URL',
      { type: 'file', file: { file_data: 'https://x.test/a.pdf' } },
      { type: 'document', source: { type: 'url', url: 'https://x.test/a.pdf' } },
    ],
    [
      'a text file',
      { type: 'file', file: { filename: 'a.txt', file_data: 'data:text/plain;charset=utf-8;base64,w6k=' } },
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'é' }, title: 'a.txt' },
    ],
    ['an image as a file', { type: 'file', file: { file_data: PNG } }, image('image/png')],
    [
      'a cache breakpoint with its time to live',
      { type: 'text', text: 'x', prompt_cache_breakpoint: { mode: 'explicit', ttl: '1h' } },
      { type: 'text', text: 'x', cache_control: { type: 'ephemeral', ttl: '1h' } },
    ],
    [
      'a cache breakpoint with a time to live that Anthropic does not know',
      { type: 'text', text: 'x', prompt_cache_breakpoint: { mode: 'explicit', ttl: '24h' } },
      { type: 'text', text: 'x', cache_control: { type: 'ephemeral' } },
    ],
  ]

  function image(media_type: string) {
    return { type: 'image', source: { type: 'base64', media_type, data: 'iVBORw0=' } }
  }

  function userPart(part: Extract<Message, { role: 'user' }>['content'][number]) {
    assert(typeof part !== 'string')
    return messages({ role: 'user', content: [part] })[0]?.content[0]
  }

  for (const [name, part, expected] of parts) {
    it(`translates ${name}`, () => assert.deepEqual(userPart(part), expected))
  }

  it('keeps the last four cache breakpoints', () => {
    const part = (text: string) => ({
      type: 'text' as const,
      text,
      prompt_cache_breakpoint: { mode: 'explicit' as const },
    })
    const built = body({
      messages: [
        { role: 'system', content: [part('s')] },
        { role: 'user', content: ['a', 'b', 'c', 'd'].map(part) },
      ],
    })
    assert.deepEqual(built.system, [{ type: 'text', text: 's' }])
    assert.equal(JSON.stringify(built.messages).split('cache_control').length, 5)
  })

  const unserved: [string, Partial<ChatRequest>, string][] = [
    ['several answers', { n: 2 }, 'n'],
    [
      'audio',
      { messages: [{ role: 'user', content: [{ type: 'input_audio', input_audio: { data: '', format: 'wav' } }] }] },
      'messages',
    ],
    [
      "files of OpenAI's",
      { messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: 'file-1' } }] }] },
      'messages',
    ],
    [
      'images of other types',
      {
        messages: [
          { role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/tiff;base64,AA==' } }] },
        ],
      },
      'messages',
    ],
    [
      'images by plain http',
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'http://x.test/a.png' } }] }] },
      'messages',
    ],
    [
      'files of other types',
      {
        messages: [
          { role: 'user', content: [{ type: 'file', file: { file_data: 'data:application/zip;base64,AA==' } }] },
        ],
      },
      'messages',
    ],
    ['custom tools', { tools: [{ type: 'custom', custom: { name: 'c' } }] }, 'tools'],
    ['a choice of a custom tool', { tool_choice: { type: 'custom', custom: { name: 'c' } } }, 'tool_choice'],
    [
      'calls of custom tools',
      {
        messages: [
          ...HI,
          { role: 'assistant', tool_calls: [{ id: 'a', type: 'custom', custom: { name: 'c', input: '' } }] },
        ],
      },
      'messages',
    ],
  ]
  for (const [name, request, param] of unserved) {
    it(`refuses ${name}`, () => assert.equal(refused(request).api.param, param))
  }
})
