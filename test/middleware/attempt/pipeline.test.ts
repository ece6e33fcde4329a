import assert from 'node:assert/strict'
import { PassThrough, type Transform } from 'node:stream'
import { pipeline } from '../../../lib/middleware/attempt/pipeline.ts'
import { DEFAULT_LIMITS } from '../../../lib/options.ts'
import { providers } from '../../../lib/providers/index.ts'
import { chunkAssembler } from '../../../lib/transforms/chunk-assembler.ts'
import { toOpenAI } from '../../../lib/transforms/to-openai.ts'
import type { Provider, ProviderFields } from '../../../lib/types/provider.ts'
import { noMedia } from '../../helpers/endpoint.ts'

const SSE = ['split2', 'through2']
/** Each system, how it is asked, and the stages of its answer. */
const DIALECTS: [name: string, provider: string, fields: ProviderFields, contentType: string, stages: string[]][] = [
  ['OpenAI', 'openai', {}, 'text/event-stream', SSE],
  ['Azure OpenAI', 'azure-openai', {}, 'text/event-stream', SSE],
  ['Groq', 'groq', {}, 'text/event-stream', SSE],
  ['Together AI', 'together-ai', {}, 'text/event-stream', SSE],
  ['Mistral', 'mistral-ai', {}, 'text/event-stream', SSE],
  ['Anthropic', 'anthropic', {}, 'text/event-stream', SSE],
  ['Gemini', 'google', {}, 'text/event-stream', SSE],
  ['Gemini, without alt=sse', 'google', {}, 'application/json', ['through2', 'through2']],
  ['Vertex AI', 'vertex-ai', {}, 'text/event-stream', SSE],
  ['Cohere v2', 'cohere', { api_version: 'v2' }, 'text/event-stream', SSE],
  ['Cohere v1', 'cohere', { api_version: 'v1' }, 'application/stream+json', SSE],
  ['Bedrock, Converse', 'bedrock', {}, 'application/vnd.amazon.eventstream', ['through2', 'through2']],
  [
    'Bedrock, invoke',
    'bedrock',
    { bedrock_api: 'invoke' },
    'application/vnd.amazon.eventstream',
    ['through2', 'through2'],
  ],
]

/** Which library made a stage. Any is a stream of Node's: it can be piped, and emits its data. */
function madeBy(stage: Transform): string {
  assert.ok([stage.pipe, stage.write, stage.on, stage.destroy].every((method) => typeof method === 'function'))
  return 'matcher' in stage ? 'split2' : stage instanceof PassThrough ? 'the application' : 'through2'
}

describe('the pipeline of an answer', () => {
  for (const [name, provider, fields, contentType, expected] of DIALECTS) {
    it(`of ${name}: ${expected.join(' → ')}`, () => {
      const { framing, decoder } = providers[provider] as Provider
      const request = { model: 'anthropic.claude-sonnet-4-5-20250929-v1:0', messages: [] }
      const endpoint = { apiKey: 'key', customHost: undefined, fields, strict: true, fetchMedia: noMedia }
      const kind = framing({ 'content-type': contentType }, request, endpoint)
      const assembler = chunkAssembler({
        decoder: decoder(request, endpoint),
        choices: 1,
        envelope: { id: 'chatcmpl-0', created: 1, model: 'm' },
        ...{ toolCalls: 'whole', strict: true, maxToolCallBytes: 1, maxHeldBytes: 100, maxJsonBytes: 1 },
        demands: { failOn: [], json: false, afterToolResult: false },
        ...{ onContent() {}, onWhole() {} },
      })
      // Where the headers do not say it, the first character of the body does.
      const byType = contentType === 'text/event-stream' ? 'sse' : 'json-array'
      const own = new PassThrough({ objectMode: true })
      const stages = (more: object = {}) =>
        pipeline({
          framing: kind === 'sse-or-json-array' ? byType : kind,
          limits: DEFAULT_LIMITS,
          toOpenAI: toOpenAI(assembler),
          ...more,
        })
      assert.deepEqual(stages().map(madeBy), expected)
      // The functions of old, and the application, have a stage of their own behind.
      assert.deepEqual(stages({ legacy: true, transforms: [own] }).map(madeBy), [
        ...expected,
        'through2',
        'the application',
      ])
    })
  }
})
