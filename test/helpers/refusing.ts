import type { IncomingMessage, ServerResponse } from 'node:http'
import { EventStreamCodec } from '@smithy/eventstream-codec'
import { answer, frame, type Recorded } from './upstream.ts'

type Json = Record<string, unknown>

const codec = new EventStreamCodec(
  (bytes) => (typeof bytes === 'string' ? bytes : Buffer.from(bytes as Uint8Array).toString()),
  (text) => Buffer.from(text),
)
const bedrockEvent = (type: string, payload: unknown) =>
  Buffer.from(
    codec.encode({
      headers: {
        ':event-type': { type: 'string', value: type },
        ':message-type': { type: 'string', value: 'event' },
      },
      body: Buffer.from(JSON.stringify(payload)),
    }),
  )

const ANTHROPIC = [
  { type: 'message_start', message: { id: 'm', model: 'c', usage: { input_tokens: 1, output_tokens: 0 } } },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'fine' } },
  { type: 'content_block_stop', index: 0 },
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 1 } },
  { type: 'message_stop' },
]
const COHERE = [
  { type: 'message-start', id: 'm', delta: { message: { role: 'assistant' } } },
  { type: 'content-start', index: 0, delta: { message: { content: { type: 'text', text: '' } } } },
  { type: 'content-delta', index: 0, delta: { message: { content: { text: 'fine' } } } },
  { type: 'content-end', index: 0 },
  {
    type: 'message-end',
    delta: { finish_reason: 'COMPLETE', usage: { tokens: { input_tokens: 1, output_tokens: 1 } } },
  },
]
const BEDROCK = [
  bedrockEvent('messageStart', { role: 'assistant' }),
  bedrockEvent('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'fine' } }),
  bedrockEvent('contentBlockStop', { contentBlockIndex: 0 }),
  bedrockEvent('messageStop', { stopReason: 'end_turn' }),
  bedrockEvent('metadata', { usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 } }),
]
const GEMINI = [{ candidates: [{ content: { role: 'model', parts: [{ text: 'fine' }] }, finishReason: 'STOP' }] }]

const FINE: Readonly<Record<string, readonly (string | Buffer)[]>> = {
  anthropic: ANTHROPIC.map(frame),
  cohere: COHERE.map(frame),
  bedrock: BEDROCK,
  google: GEMINI.map(frame),
  'vertex-ai': GEMINI.map(frame),
}

/** A scripted provider that refuses each body in which `refused` finds something, in the words of `error`. */
export function refusing(name: string, refused: (body: Json) => unknown, error: Json, status = 400) {
  return (_req: IncomingMessage, res: ServerResponse, { body }: Recorded) => {
    if (refused(JSON.parse(body) as Json)) {
      res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(error))
      return
    }
    const type = name === 'bedrock' ? 'application/vnd.amazon.eventstream' : 'text/event-stream'
    res.writeHead(200, { 'content-type': type })
    for (const chunk of FINE[name] ?? answer('fine')) res.write(chunk)
    res.end()
  }
}

/** What each needs beside a key. */
export const FIELDS: Readonly<Record<string, Record<string, unknown>>> = {
  'azure-openai': { deployment_id: 'd' },
  'vertex-ai': { vertex_project_id: 'p', vertex_region: 'us-central1' },
  bedrock: { aws_region: 'us-east-1', aws_access_key_id: 'a', aws_secret_access_key: 's' },
}
