import assert from 'node:assert/strict'
import { continuedRequest } from '../../../lib/middleware/recovery/continued-request.ts'
import type { Resume } from '../../../lib/middleware/recovery/ways-to-continue.ts'
import type { ChatRequest, Message } from '../../../lib/types/chat.ts'

const FOX = 'The quick brown fox jumps over the lazy dog'

describe('the request that makes a target go on', () => {
  const asked: Message[] = [{ role: 'user', content: 'Tell me of the fox' }]
  const request = (more: Partial<ChatRequest> = {}): ChatRequest =>
    Object.freeze({ model: 'm', messages: Object.freeze(asked), ...more })
  const append = (text: string): Resume => ({ type: 'append', text })

  it('is the same for a fresh answer, and where nothing but reasoning was sent', () => {
    const same = request()
    const ways: Resume[] = [{ type: 'fresh' }, append(''), append(' \n')]
    for (const resume of ways) assert.equal(continuedRequest(same, resume, 'Go on'), same)
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
