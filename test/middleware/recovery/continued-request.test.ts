import assert from 'node:assert/strict'
import { continuedBody, continuedRequest } from '../../../lib/middleware/recovery/continued-request.ts'
import type { Way } from '../../../lib/middleware/recovery/ways-to-continue.ts'
import type { ChatRequest, Message } from '../../../lib/types/chat.ts'

const FOX = 'The quick brown fox jumps over the lazy dog'

describe('the request that makes a target go on', () => {
  const asked: Message[] = [{ role: 'user', content: 'Tell me of the fox' }]
  const request = (more: Partial<ChatRequest> = {}): ChatRequest =>
    Object.freeze({ model: 'm', messages: Object.freeze(asked), ...more })
  const append = (text: string): Way => ({ type: 'append', text })

  it('is the same for a fresh answer, and where nothing but reasoning was sent', () => {
    const same = request()
    const ways: Way[] = [{ type: 'fresh' }, append(''), append(' \n')]
    for (const way of ways) assert.equal(continuedRequest(same, way, 'Go on'), same)
  })

  it('ends with the text, without the white space that some providers refuse', () => {
    const { messages } = continuedRequest(request(), append(`${FOX} \n`), 'Go on')
    assert.deepEqual(messages, [...asked, { role: 'assistant', content: FOX }])
  })

  it('asks for the repetition in a message of its own', () => {
    const { messages } = continuedRequest(request(), { type: 'anchor', text: FOX }, 'Go on')
    assert.deepEqual(messages, [...asked, { role: 'assistant', content: FOX }, { role: 'user', content: 'Go on' }])
  })

  it('keeps the client’s own prefix in front, in one message', () => {
    const prefix: Message = { role: 'assistant', content: 'Once: ', name: 'n' }
    const { messages } = continuedRequest(request({ messages: [...asked, prefix] }), append(FOX), '')
    assert.deepEqual(messages, [...asked, { ...prefix, content: `Once: ${FOX}` }])
  })

  it('joins the text to no message that has more than text', () => {
    const calls = [{ id: 'a', type: 'function' as const, function: { name: 'f', arguments: '{}' } }]
    const others: Message[] = [
      { role: 'assistant', content: 'x', tool_calls: calls },
      { role: 'assistant', content: [{ type: 'text', text: 'x' }] },
      { role: 'user', content: 'x' },
    ]
    for (const last of others) {
      const { messages } = continuedRequest(request({ messages: [last] }), append(FOX), '')
      assert.deepEqual(messages, [last, { role: 'assistant', content: FOX }])
    }
    const plain: Message = { role: 'assistant', content: 'x', tool_calls: [] }
    assert.equal(continuedRequest(request({ messages: [plain] }), append(FOX), '').messages.length, 1)
  })

  it('leaves the tokens that the client allowed less those it has, but a few at least', () => {
    const left = (more: Partial<ChatRequest>) => {
      const { max_tokens, max_completion_tokens } = continuedRequest(request(more), append('x'.repeat(399)), '')
      return [max_tokens, max_completion_tokens]
    }
    assert.deepEqual(left({ max_tokens: 150 }), [50, undefined])
    assert.deepEqual(left({ max_completion_tokens: 150 }), [undefined, 50])
    assert.deepEqual(left({ max_tokens: 100, max_completion_tokens: 117 }), [16, 17])
    assert.deepEqual(left({}), [undefined, undefined])
  })

  it('changes nothing of the request that it starts from', () => {
    const before = request({ max_tokens: 99, temperature: 1 })
    const copy = structuredClone(before)
    const after = continuedRequest(before, append(FOX), '')
    assert.deepEqual(before, copy)
    assert.equal(after.temperature, 1)
    assert.ok(Object.isFrozen(after) && Object.isFrozen(after.messages))
  })
})

describe("the same request in a client's own words", () => {
  const turns = [
    { role: 'assistant', content: FOX },
    { role: 'user', content: 'Go on' },
  ]
  const asked = [{ role: 'user', content: 'Tell me of the fox' }]
  const of = (dialect: 'messages' | 'responses', body: Record<string, unknown>) =>
    continuedBody({ dialect, body: Object.freeze(body), headers: {} }, { type: 'anchor', text: `${FOX}\n` }, 'Go on')

  it('is the same for a splice, and where nothing but thoughts was sent', () => {
    const body = Object.freeze({ messages: asked })
    const ways: Way[] = [{ type: 'splice' }, { type: 'append', text: ' ' }]
    for (const way of ways) assert.equal(continuedBody({ dialect: 'messages', body, headers: {} }, way, ''), body)
  })

  it('has the turns in Messages, with fewer tokens, but enough to think', () => {
    assert.deepEqual(of('messages', { messages: asked, max_tokens: 100, x: 1 }), {
      ...{ messages: [...asked, ...turns], max_tokens: 89, x: 1 },
    })
    const thinking = { type: 'enabled', budget_tokens: 2000 }
    assert.equal(of('messages', { messages: asked, max_tokens: 2005, thinking }).max_tokens, 2016)
  })

  it('has them behind whatever input the Responses API was given', () => {
    assert.deepEqual(of('responses', { input: 'Tell me of the fox', max_output_tokens: 5 }), {
      ...{ input: [...asked, ...turns], max_output_tokens: 16 },
    })
    assert.deepEqual(of('responses', { input: asked }), { input: [...asked, ...turns] })
    assert.deepEqual(of('responses', {}), { input: turns })
  })

  it('ends with the text for a target that goes on right behind it', () => {
    const native = { dialect: 'messages' as const, body: { messages: asked }, headers: {} }
    assert.deepEqual(continuedBody(native, { type: 'append', text: FOX }, 'Go on').messages, [...asked, turns[0]])
  })
})
