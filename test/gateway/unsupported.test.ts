import assert from 'node:assert/strict'
import { chat, HELLO } from '../helpers/client.ts'
import { cleanup, fallback, gateway, target } from '../helpers/gateway.ts'
import { answer, scripted } from '../helpers/upstream.ts'

type Request = Record<string, unknown>

const user = (part: object): Request => ({ messages: [{ role: 'user', content: [part] }] })
const audio = (format: string) => user({ type: 'input_audio', input_audio: { data: 'AA==', format } })
const file = (file: object) => user({ type: 'file', file })
const fileData = (mime: string) => file({ file_data: `data:${mime};base64,AA==` })
const f = { type: 'function', function: { name: 'f' } }
const custom = { type: 'custom', custom: { name: 'c' } }

const SEVERAL: Case = ['several answers', { n: 2 }, 'n']
const WAV: Case = ['audio', audio('wav'), 'messages']
const FILE_ID: Case = ['a file by its id', file({ file_id: 'file-1' }), 'messages']
const CUSTOM: Case[] = [
  ['custom tools', { tools: [f, custom] }, 'tools'],
  ['custom tools alone', { tools: [custom] }, 'tools'],
  [
    'calls of custom tools',
    {
      tools: [f],
      messages: [
        { role: 'user', content: 'Hi' },
        { role: 'assistant', tool_calls: [{ id: 'a', type: 'custom', custom: { name: 'c', input: 'x' } }] },
        { role: 'tool', tool_call_id: 'a', content: 'ok' },
      ],
    },
    'messages',
  ],
]

type Case = [what: string, request: Request, param: string]

/** What each cannot serve, and under which of its settings. */
const cannot: [provider: string, cases: Case[], settings?: Request][] = [
  ['groq', [SEVERAL, WAV, FILE_ID, ['a file', fileData('application/pdf'), 'messages'], ...CUSTOM]],
  [
    'together-ai',
    [['audio but wav', audio('mp3'), 'messages'], FILE_ID, ['a file', fileData('text/plain'), 'messages'], ...CUSTOM],
  ],
  ['mistral-ai', [FILE_ID, ['a file but PDF', fileData('text/csv'), 'messages'], ...CUSTOM]],
  [
    'anthropic',
    [SEVERAL, WAV, FILE_ID, ['a file of another kind', fileData('application/zip'), 'messages'], ...CUSTOM],
  ],
  ['google', [FILE_ID, ...CUSTOM.slice(0, 2)]],
  ['vertex-ai', [FILE_ID, ...CUSTOM.slice(0, 2)], { vertex_project_id: 'p' }],
  [
    'cohere',
    [
      SEVERAL,
      WAV,
      FILE_ID,
      ['a file but text', fileData('application/pdf'), 'messages'],
      ['an answer in audio', { modalities: ['text', 'audio'] }, 'modalities'],
      [
        'an image',
        { ...user({ type: 'image_url', image_url: { url: 'https://a/b' } }), model: 'command-r-08-2024' },
        'messages',
      ],
      ...CUSTOM,
    ],
  ],
  [
    'cohere',
    [
      SEVERAL,
      WAV,
      ['an image', user({ type: 'image_url', image_url: { url: 'https://a/b' } }), 'messages'],
      ['a forced call', { tools: [f], tool_choice: 'required' }, 'tool_choice'],
      ...CUSTOM,
    ],
    { api_version: 'v1' },
  ],
  [
    'bedrock',
    [SEVERAL, FILE_ID, ['a file of another kind', fileData('application/zip'), 'messages'], ...CUSTOM.slice(0, 2)],
    { aws_region: 'us-east-1' },
  ],
  [
    'bedrock',
    [
      SEVERAL,
      ['tools', { tools: [f], model: 'meta.llama3-1-8b-instruct-v1:0' }, 'tools'],
      ['a model that is not known', { model: 'unheard.of' }, 'model'],
      [
        'an image',
        {
          ...user({ type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } }),
          model: 'amazon.titan-text-express-v1',
        },
        'messages',
      ],
    ],
    { aws_region: 'us-east-1', bedrock_api: 'invoke' },
  ],
]

describe('what a target cannot serve', () => {
  const opened = cleanup()

  for (const [provider, cases, settings = {}] of cannot) {
    for (const [what, more, param] of cases) {
      const name = `${what}: ${provider}${'api_version' in settings ? ' v1' : 'bedrock_api' in settings ? ' invoke' : ''}`
      const request = { ...HELLO, ...more }
      const start = async (...others: Request[]) => {
        const up = await opened(scripted({ status: 500 }))
        const unable = { provider, custom_host: up.url, api_key: 'k', retry: { attempts: 3 }, ...settings }
        return { up, gate: await opened(gateway(fallback(unable, ...others))) }
      }

      it(`goes to the next one: ${name}`, async () => {
        const able = await opened(scripted({ chunks: answer('fine') }))
        const { up, gate } = await start(target(able.url))
        const { status, text } = await chat(gate.url, request)
        assert.deepEqual({ status, text }, { status: 200, text: 'fine' })
        assert.equal(up.requests.length, 0)
        const [failed, ...rest] = gate.attempts
        assert.deepEqual([failed?.outcome, failed?.failure?.kind, rest.length], ['failed', 'request', 1])
        // It gets the request as it came, parts and all.
        const sent = JSON.parse(able.requests[0]?.body ?? '')
        assert.deepEqual(
          { ...sent, messages: sent.messages.length },
          { ...sent, ...more, messages: sent.messages.length },
        )
      })

      for (const stream of [true, false]) {
        it(`is a 400 that names the parameter if there is no other (stream: ${stream}): ${name}`, async () => {
          const { up, gate } = await start()
          const { status, headers, body } = await chat(gate.url, { ...request, stream })
          assert.equal(status, 400)
          assert.match(headers['content-type'] ?? '', /^application\/json/)
          const { error } = JSON.parse(body)
          assert.deepEqual(
            { ...error, message: '' },
            { message: '', type: 'invalid_request_error', param, code: 'unsupported_value' },
          )
          assert.match(error.message, /^\S.{15,}\.$/)
          assert.equal(up.requests.length, 0)
          assert.equal(gate.attempts.length, 1)
        })
      }
    }
  }

  it('is told as the last target of several has it, none of which was asked', async () => {
    const up = await opened(scripted({ status: 500 }))
    const at = (provider: string) => ({ provider, custom_host: up.url, api_key: 'k' })
    const gate = await opened(gateway(fallback(at('groq'), at('anthropic'), at('cohere'))))
    const { status, body } = await chat(gate.url, { ...HELLO, n: 2 })
    const { error } = JSON.parse(body)
    assert.deepEqual([status, error.param], [400, 'n'])
    assert.match(error.message, /Cohere/)
    assert.equal(up.requests.length, 0)
  })
})
