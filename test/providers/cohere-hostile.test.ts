import assert from 'node:assert/strict'
import { UpstreamError } from '../../lib/errors.ts'
import { cohere } from '../../lib/providers/cohere.ts'
import type { ChatRequest } from '../../lib/types/chat.ts'
import type { Endpoint } from '../../lib/types/provider.ts'
import { noMedia } from '../helpers/endpoint.ts'

const request: ChatRequest = { model: 'command-a-03-2025', messages: [{ role: 'user', content: 'Hi' }] }
const WRONG = [null, 0, -1, 'x', '', [], [null], {}, true]

/** The value in each place of the shape where a `HERE` stands, one shape for each. */
function withEach(shape: string, value: unknown): string[] {
  const places = shape.split('HERE')
  return places
    .slice(1)
    .map((_, place) => places.reduce((text, next, i) => text + JSON.stringify(i === place + 1 ? value : null) + next))
}

function readAll(api_version: 'v1' | 'v2', events: readonly string[]): number {
  const endpoint: Endpoint = {
    apiKey: 'key',
    customHost: undefined,
    fields: { api_version },
    strict: true,
    fetchMedia: noMedia,
  }
  for (const data of events) {
    try {
      for (const init of cohere.decoder(request, endpoint).decode({ event: undefined, data }))
        assert.equal(typeof init, 'object')
    } catch (error) {
      assert(error instanceof UpstreamError, `${data}: ${error}`)
    }
  }
  return events.length
}

describe('wrong types in a stream of Cohere', () => {
  const v2 = [
    'HERE',
    '{"type":HERE,"delta":HERE,"message":HERE}',
    '{"type":"message-start","id":HERE}',
    ...['content-start', 'content-delta'].flatMap((type) => [
      `{"type":"${type}","delta":HERE}`,
      `{"type":"${type}","delta":{"message":HERE},"logprobs":HERE}`,
      `{"type":"${type}","delta":{"message":{"content":HERE}}}`,
      `{"type":"${type}","delta":{"message":{"content":{"text":HERE,"thinking":HERE}}}}`,
    ]),
    '{"type":"tool-plan-delta","delta":{"message":{"tool_plan":HERE}}}',
    ...['tool-call-start', 'tool-call-delta', 'tool-call-end'].flatMap((type) => [
      `{"type":"${type}","index":HERE,"delta":{"message":{"tool_calls":HERE}}}`,
      `{"type":"${type}","delta":{"message":{"tool_calls":{"id":HERE,"function":HERE}}}}`,
      `{"type":"${type}","delta":{"message":{"tool_calls":{"function":{"name":HERE,"arguments":HERE}}}}}`,
    ]),
    '{"type":"citation-start","delta":{"message":{"citations":HERE}}}',
    '{"type":"citation-start","delta":{"message":{"citations":{"sources":HERE}}}}',
    '{"type":"citation-start","delta":{"message":{"citations":{"sources":[HERE,{"document":HERE,"tool_output":HERE}]}}}}',
    '{"type":"citation-start","delta":{"message":{"citations":{"start":HERE,"sources":[{"document":{"url":"u","title":HERE}}]}}}}',
    '{"type":"message-end","delta":HERE}',
    '{"type":"message-end","delta":{"finish_reason":HERE,"usage":HERE,"error":HERE,"error_type":HERE}}',
    '{"type":"message-end","delta":{"usage":{"tokens":HERE,"billed_units":HERE,"cached_tokens":HERE}}}',
    '{"type":"message-end","delta":{"usage":{"tokens":{"input_tokens":HERE,"output_tokens":HERE,"reasoning_tokens":HERE}}}}',
  ]
  const v1 = [
    'HERE',
    '{"event_type":HERE,"is_finished":HERE,"message":HERE}',
    '{"event_type":"stream-start","generation_id":HERE}',
    '{"event_type":"text-generation","text":HERE}',
    '{"event_type":"tool-calls-chunk","text":HERE,"tool_call_delta":HERE}',
    '{"event_type":"tool-calls-chunk","tool_call_delta":{"text":HERE,"name":HERE,"parameters":HERE}}',
    '{"event_type":"tool-calls-generation","text":HERE,"tool_calls":HERE}',
    '{"event_type":"tool-calls-generation","tool_calls":[HERE,{"name":HERE,"parameters":HERE}]}',
    '{"event_type":"search-results","documents":HERE}',
    '{"event_type":"search-results","documents":[HERE,{"id":HERE}]}',
    '{"event_type":"citation-generation","citations":HERE}',
    '{"event_type":"citation-generation","citations":[HERE,{"start":HERE,"document_ids":HERE}]}',
    '{"event_type":"citation-generation","citations":[{"document_ids":[HERE]}]}',
    '{"is_finished":true,"event_type":"stream-end","finish_reason":HERE,"response":HERE,"error":HERE}',
    '{"is_finished":true,"response":{"finish_reason":HERE,"meta":HERE,"tool_calls":HERE,"text":HERE}}',
    '{"is_finished":true,"response":{"meta":{"tokens":HERE,"billed_units":HERE}}}',
  ]
  for (const value of WRONG) {
    it(`are no surprise: ${JSON.stringify(value)}`, () => {
      assert(
        readAll(
          'v2',
          v2.flatMap((shape) => withEach(shape, value)),
        ) > v2.length,
      )
      assert(
        readAll(
          'v1',
          v1.flatMap((shape) => withEach(shape, value)),
        ) > v1.length,
      )
    })
  }
})
