import { EventStreamCodec } from '@smithy/eventstream-codec'
import { anthropicEvents } from './anthropic.ts'
import { type Dialect, partsOf } from './dialect.ts'

const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes).toString(),
  (text) => Buffer.from(text),
)

function awsFrame(headers: Record<string, string>, payload: unknown): Buffer {
  const typed = Object.entries(headers).map(([name, value]) => [name, { type: 'string' as const, value }])
  return Buffer.from(codec.encode({ headers: Object.fromEntries(typed), body: Buffer.from(JSON.stringify(payload)) }))
}

const awsEvent = (type: string, payload: unknown) =>
  awsFrame({ ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' }, payload)

const CLAUDE_ON_BEDROCK = 'anthropic.claude-3-haiku-20240307-v1:0'

export const converse: Dialect = {
  name: 'bedrock converse',
  config: { provider: 'bedrock', aws_region: 'us-east-1', override_params: { model: CLAUDE_ON_BEDROCK } },
  prefill: true,
  tells: { reasoning: true, calls: true },
  contentType: 'application/vnd.amazon.eventstream',
  stream(answer, random) {
    const events = [awsEvent('messageStart', { role: 'assistant', p: 'abc' })]
    let contentBlockIndex = -1
    let open = ''
    const close = () => {
      if (open !== '') events.push(awsEvent('contentBlockStop', { contentBlockIndex }))
    }
    const block = (kind: string, start?: unknown) => {
      if (open === kind) return
      close()
      open = kind
      contentBlockIndex += 1
      if (start !== undefined) events.push(awsEvent('contentBlockStart', { contentBlockIndex, start }))
    }
    const delta = (told: unknown) => events.push(awsEvent('contentBlockDelta', { contentBlockIndex, delta: told }))
    for (const part of partsOf(answer, random)) {
      if ('text' in part) {
        block('text')
        delta({ text: part.text })
      } else if ('reasoning' in part) {
        block('reasoning')
        delta({ reasoningContent: { text: part.reasoning } })
      } else {
        block(part.id, { toolUse: { toolUseId: part.id, name: part.call.name } })
        for (const input of part.fragments) delta({ toolUse: { input } })
      }
    }
    close()
    const stopReason = { stop: 'end_turn', length: 'max_tokens', tool_calls: 'tool_use' }[answer.finish]
    events.push(awsEvent('messageStop', { stopReason }))
    const finished = events.length
    events.push(awsEvent('metadata', { usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 } }))
    return { events, finished }
  },
  error: awsFrame({ ':exception-type': 'throttlingException', ':message-type': 'exception' }, { message: 'Too fast.' }),
  garbage: Buffer.from([0, 0, 0, 40, 0, 0, 0, 8, 1, 2, 3, 4, ...Buffer.from('x'.repeat(64))]),
}

export const invoke: Dialect = {
  ...converse,
  name: 'bedrock invoke',
  native: 'messages',
  config: { ...converse.config, bedrock_api: 'invoke' },
  stream(answer, random) {
    const events = anthropicEvents(answer, random).map((event) => awsEvent('chunk', bytesOf(event)))
    return { events, finished: events.length - 1 }
  },
  error: awsFrame({ ':exception-type': 'modelStreamErrorException', ':message-type': 'exception' }, { message: 'No.' }),
}

function bytesOf(event: unknown): unknown {
  return { bytes: Buffer.from(JSON.stringify(event)).toString('base64'), p: 'abcd' }
}
