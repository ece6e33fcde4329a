import assert from 'node:assert/strict'
import { makeChunk, withNative } from '../../../lib/chunk.ts'
import { messageWriter } from '../../../lib/dialects/messages/writer.ts'
import { messagesPassage } from '../../../lib/providers/anthropic/native.ts'
import { ask, endpoint } from '../../helpers/openai-family.ts'

describe("a provider's own event on a line of the client's", () => {
  const passage = messagesPassage(() => assert.fail(), ask(), endpoint())

  it('is left out if its name would be several lines', () => {
    assert.equal(passage.read({ event: 'ping\ndata: {}\n\nevent: message_stop', data: '{}' }), undefined)
    assert.equal(passage.read({ event: undefined, data: '{"type":"a\\nb"}' }), undefined)
    assert.equal(passage.read({ event: undefined, data: '{"type":"ping"}' })?.event, 'ping')
  })

  it('keeps its data within it, however the data is broken into lines', () => {
    const native = { event: 'ping', data: '{\r"type":\r\n"ping"\n}', goes: 'at-once', opaque: false } as const
    const envelope = { id: 'i', object: 'chat.completion.chunk', created: 1, model: 'm' } as const
    const frame = messageWriter(() => 0).chunk(withNative(makeChunk(envelope, 0, {}), [native]))
    assert.equal(frame, 'event: ping\ndata: {\ndata: "type":\ndata: "ping"\ndata: }\n\n')
  })
})
