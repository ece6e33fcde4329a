import assert from 'node:assert/strict'
import { cacheMark, hasCacheControl, withMarkOnPart } from '../../lib/providers/cache-marks.ts'
import { providers } from '../../lib/providers/index.ts'
import type { ChatRequest, Message, Tool } from '../../lib/types/chat.ts'
import { noMedia } from '../helpers/endpoint.ts'

type Json = Record<string, unknown>
const MARK = { cache_control: { type: 'ephemeral' as const } }
const HOUR = { cache_control: { type: 'ephemeral' as const, ttl: '1h' } }
const text = (words: string, mark = {}) => ({ type: 'text' as const, text: words, ...mark })
const tool = (name: string, mark = {}, inner = {}): Tool => ({
  type: 'function',
  function: { name, ...inner },
  ...mark,
})

async function sent(provider: string, request: Partial<ChatRequest>) {
  const fields = { aws_region: 'us-east-1', vertex_project_id: 'p' }
  const endpoint = { apiKey: 'k', customHost: undefined, fields, strict: true, fetchMedia: noMedia }
  const given = { model: 'm', messages: [{ role: 'user' as const, content: 'Hi' }], ...request }
  const { body, dropped = [] } = (await providers[provider]?.encode(given, endpoint)) ?? { body: '{}' }
  return { body: JSON.parse(body) as Json, dropped }
}

describe('marks of what is to be cached', () => {
  it('are read in both forms', () => {
    assert.deepEqual(cacheMark(text('a', HOUR)), { ttl: '1h' })
    assert.deepEqual(cacheMark(text('a', MARK)), {})
    assert.deepEqual(cacheMark({ prompt_cache_breakpoint: { mode: 'explicit', ttl: '24h' } }), {})
    for (const none of [text('a'), { cache_control: null }, { cache_control: 'x' }, null]) {
      assert.equal(cacheMark(none), undefined)
    }
  })

  it('of a message are those of its last part', () => {
    const whole = { role: 'user', content: 'a', ...MARK } as Message
    assert.deepEqual(withMarkOnPart(whole).content, [text('a', MARK)])
    const parts = { role: 'user', content: [text('a'), text('b')], ...MARK } as Message
    assert.deepEqual(withMarkOnPart(parts).content, [text('a'), text('b', MARK)])
    for (const bare of [
      { role: 'user', content: 'a' },
      { role: 'assistant', ...MARK },
      { role: 'user', content: [], ...MARK },
    ]) {
      assert.equal(withMarkOnPart(bare as Message), bare)
    }
  })

  const user = (content: unknown): Message[] => [{ role: 'user', content } as Message]
  const marked: [where: string, request: Partial<ChatRequest>][] = [
    ['a part', { messages: user([text('a', MARK)]) }],
    ['a message', { messages: [{ role: 'user', content: 'a', ...MARK } as Message] }],
    ['a tool', { tools: [tool('f', MARK)] }],
    ['a function', { tools: [tool('f', {}, MARK)] }],
  ]
  for (const [where, request] of marked) {
    it(`on ${where} reach Claude, also on Bedrock, and are named where they are dropped`, async () => {
      assert.equal(hasCacheControl({ model: 'm', messages: user('a'), ...request }), true)
      const claude = await sent('anthropic', { model: 'claude-sonnet-4-5', ...request })
      assert.match(JSON.stringify(claude.body), /"cache_control":\{"type":"ephemeral"\}/)
      assert.deepEqual(claude.dropped, [])
      const bedrock = await sent('bedrock', { model: 'anthropic.claude-sonnet-4-5-v1:0', ...request })
      assert.match(JSON.stringify(bedrock.body), /"cachePoint":\{"type":"default"\}/)
      assert.deepEqual(bedrock.dropped, [])
      for (const [provider, model] of [
        ['google', 'gemini-3-pro'],
        ['vertex-ai', 'gemini-3-pro'],
        ['cohere', 'command-a-03-2025'],
        ['bedrock', 'qwen.qwen3-32b-v1:0'],
      ] as const) {
        const other = await sent(provider, { model, ...request })
        assert.doesNotMatch(JSON.stringify(other.body), /cache/)
        assert.deepEqual(other.dropped, ['cache_control'], provider)
      }
    })
  }

  it('stand where they stood', async () => {
    const messages: Message[] = [
      { role: 'system', content: [text('s', HOUR)] },
      { role: 'user', content: [text('a', MARK), text('b')] },
      { role: 'assistant', content: [text('c', MARK)] },
      { role: 'user', content: 'd' },
    ]
    const request = { messages, tools: [tool('f', HOUR)] }
    const claude = await sent('anthropic', { model: 'claude-sonnet-4-5', ...request })
    assert.deepEqual(claude.body.system, [text('s', HOUR)])
    assert.deepEqual(
      (claude.body.messages as { content: Json[] }[]).map(({ content }) => content),
      [[text('a', MARK), text('b')], [text('c', MARK)], [text('d')]],
    )
    const point = (ttl?: string) => ({ cachePoint: { type: 'default', ...(ttl && { ttl }) } })
    const bedrock = await sent('bedrock', { model: 'anthropic.claude-sonnet-4-5-v1:0', ...request })
    assert.deepEqual(bedrock.body.system, [{ text: 's' }, point('1h')])
    assert.deepEqual(
      (bedrock.body.messages as { content: Json[] }[]).map(({ content }) => content),
      [[{ text: 'a' }, point(), { text: 'b' }], [{ text: 'c' }, point()], [{ text: 'd' }]],
    )
    assert.deepEqual((bedrock.body.toolConfig as { tools: Json[] }).tools[1], point('1h'))
  })

  it('of a message without words are behind its calls, of a result without words behind it', async () => {
    const messages = [
      ...user('a'),
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: '1', type: 'function', function: { name: 'f', arguments: '' } }],
        ...HOUR,
      },
      { role: 'tool', tool_call_id: '1', content: '', ...MARK },
    ] as Message[]
    const claude = await sent('anthropic', { model: 'claude-sonnet-4-5', messages, tools: [tool('f')] })
    assert.deepEqual(
      (claude.body.messages as { content: Json[] }[]).map(({ content }) => content[0]?.cache_control),
      [undefined, HOUR.cache_control, MARK.cache_control],
    )
    const bedrock = await sent('bedrock', { model: 'anthropic.claude-sonnet-4-5-v1:0', messages, tools: [tool('f')] })
    assert.deepEqual(
      (bedrock.body.messages as { content: Json[] }[]).map(({ content }) => content[1]),
      [undefined, { cachePoint: { type: 'default', ttl: '1h' } }, { cachePoint: { type: 'default' } }],
    )
  })

  it('on blank words, which are left out, are none at Bedrock, where a point must follow something', async () => {
    const messages = [...user([text(' ', MARK), text('a')])]
    const { body } = await sent('bedrock', { model: 'anthropic.claude-sonnet-4-5-v1:0', messages })
    assert.deepEqual(body.messages, [{ role: 'user', content: [{ text: 'a' }] }])
  })

  it('are three beside one at the top, which takes a place', async () => {
    const messages = user(['a', 'b', 'c', 'd'].map((words) => text(words, MARK)))
    const { body } = await sent('anthropic', { model: 'claude-sonnet-4-5', messages, ...MARK })
    assert.deepEqual(body.cache_control, MARK.cache_control)
    assert.equal(JSON.stringify(body.messages).match(/cache_control/g)?.length, 3)
  })

  it('at the top are behind the last message at Bedrock, and named where there are none', async () => {
    const model = 'anthropic.claude-sonnet-4-5-v1:0'
    const point = { cachePoint: { type: 'default', ttl: '1h' } }
    const bedrock = await sent('bedrock', { model, messages: user('a'), ...HOUR })
    assert.deepEqual(bedrock.body.messages, [{ role: 'user', content: [{ text: 'a' }, point] }])
    const marked = await sent('bedrock', { model, messages: user([text('a', HOUR)]), ...MARK })
    assert.deepEqual(marked.body.messages, bedrock.body.messages)
    const other = await sent('bedrock', { model: 'qwen.qwen3-32b-v1:0', ...MARK })
    assert.deepEqual(other.dropped, ['cache_control'])
  })

  it('are four at most, the last ones', async () => {
    const messages = user(['a', 'b', 'c', 'd'].map((words) => text(words, MARK)))
    const request = { messages, tools: [tool('f', MARK)] }
    const claude = await sent('anthropic', { model: 'claude-sonnet-4-5', ...request })
    assert.equal(JSON.stringify(claude.body.messages).match(/cache_control/g)?.length, 4)
    assert.doesNotMatch(JSON.stringify(claude.body.tools), /cache_control/)
    const bedrock = await sent('bedrock', { model: 'anthropic.claude-sonnet-4-5-v1:0', ...request })
    assert.equal(JSON.stringify(bedrock.body.messages).match(/cachePoint/g)?.length, 4)
    assert.doesNotMatch(JSON.stringify(bedrock.body.toolConfig), /cachePoint/)
  })
})
