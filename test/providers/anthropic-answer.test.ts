import assert from 'node:assert/strict'
import type { ChatRequest } from '../../lib/types/chat.ts'
import { block, callBlock, finish, start, stop, story, textBlock } from './anthropic-fixtures.ts'

const JSON_REQUEST: ChatRequest = {
  model: 'claude-sonnet-4-20250514',
  messages: [],
  response_format: { type: 'json_schema', json_schema: { name: 'a', schema: { type: 'object' } } },
}

describe('the Anthropic answer through the json tool', () => {
  const answer = block(1, 'tool_use', 'json', '', '{"a":', '1}')

  it('is content, and finishes with stop', () => {
    assert.deepEqual(story([start(), ...answer, finish('tool_use'), stop], JSON_REQUEST), [
      { content: '{"a":' },
      { content: '1}' },
      { finish: 'stop' },
      { end: true },
    ])
  })

  it('is not spoilt by talk before it', () => {
    const contents = story(
      [start(), ...textBlock(0, 'I invoke the tool.'), ...answer, finish('tool_use'), stop],
      JSON_REQUEST,
    )
    assert.equal(contents.map(({ content = '' }) => content).join(''), '{"a":1}')
  })

  it('is the talk if the tool is not called', () => {
    assert.deepEqual(story([start(), ...textBlock(0, 'No ', 'idea.'), finish('end_turn'), stop], JSON_REQUEST), [
      { content: 'No idea.' },
      { finish: 'stop' },
      { end: true },
    ])
  })

  it('is an object even if it is empty', () => {
    assert.deepEqual(story([start(), ...block(0, 'tool_use', 'json', ''), finish('tool_use'), stop], JSON_REQUEST)[0], {
      content: '{}',
    })
  })

  it('leaves the tools of the request alone', () => {
    const other = story([start(), ...callBlock(0, '{}'), finish('tool_use'), stop], JSON_REQUEST)
    assert.deepEqual(other.at(-2), { finish: 'tool_calls' })
    const own = story([start(), ...answer, finish('tool_use'), stop])
    assert.deepEqual(own.at(-2), { finish: 'tool_calls' })
  })
})
