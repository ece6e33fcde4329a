import { type Dialect, partsOf, sse } from './dialect.ts'

const COHERE_FINISH = { stop: 'COMPLETE', length: 'MAX_TOKENS', tool_calls: 'TOOL_CALL' }

export const cohereV2: Dialect = {
  name: 'cohere v2',
  config: { provider: 'cohere', override_params: { model: 'command-a-03-2025' } },
  prefill: false,
  tells: { reasoning: true, calls: true },
  contentType: 'text/event-stream',
  stream(answer, random) {
    const told: { type: string; [field: string]: unknown }[] = [
      { type: 'message-start', id: 'c2', delta: { message: { role: 'assistant', content: [] } } },
    ]
    let index = -1
    let open = ''
    const block = (type: 'text' | 'thinking') => {
      if (open === type) return
      if (open !== '') told.push({ type: 'content-end', index })
      open = type
      index += 1
      told.push({ type: 'content-start', index, delta: { message: { content: { type, [type]: '' } } } })
    }
    const delta = (content: unknown) => told.push({ type: 'content-delta', index, delta: { message: { content } } })
    for (const part of partsOf(answer, random)) {
      if ('text' in part) {
        block('text')
        delta({ text: part.text })
      } else if ('reasoning' in part) {
        block('thinking')
        delta({ thinking: part.reasoning })
      } else {
        const call = (type: string, tool_calls: unknown) =>
          told.push({ type, index: part.index, delta: { message: { tool_calls } } })
        call('tool-call-start', { id: part.id, type: 'function', function: { name: part.call.name, arguments: '' } })
        for (const text of part.fragments) call('tool-call-delta', { function: { arguments: text } })
        told.push({ type: 'tool-call-end', index: part.index })
      }
    }
    const usage = { tokens: { input_tokens: 3, output_tokens: 2 } }
    told.push({ type: 'message-end', delta: { finish_reason: COHERE_FINISH[answer.finish], usage } })
    return { events: told.map((event) => Buffer.from(sse(event, event.type))), finished: told.length }
  },
  error: Buffer.from(
    sse({ type: 'message-end', delta: { finish_reason: 'ERROR', error: 'It broke.' } }, 'message-end'),
  ),
  garbage: Buffer.from('\n\ndata: {"type":"content-del\n\n'),
}

const line = (value: unknown) => Buffer.from(`${JSON.stringify(value)}\n`)

export const cohereV1: Dialect = {
  name: 'cohere v1',
  config: { provider: 'cohere', api_version: 'v1', override_params: { model: 'command-r' } },
  prefill: false,
  tells: { reasoning: false, calls: false },
  contentType: 'application/stream+json',
  stream(answer, random) {
    const events = [line({ is_finished: false, event_type: 'stream-start', generation_id: 'g' })]
    for (const part of partsOf(answer, random)) {
      if ('text' in part) events.push(line({ is_finished: false, event_type: 'text-generation', text: part.text }))
    }
    const response = { generation_id: 'g', text: answer.text, meta: { tokens: { input_tokens: 3, output_tokens: 2 } } }
    const finish_reason = COHERE_FINISH[answer.finish]
    events.push(line({ is_finished: true, event_type: 'stream-end', finish_reason, response }))
    return { events, finished: events.length }
  },
  error: line({ is_finished: true, event_type: 'stream-end', finish_reason: 'ERROR', response: { text: 'It broke.' } }),
  garbage: Buffer.from('\n{"is_finished":fal\n'),
}
