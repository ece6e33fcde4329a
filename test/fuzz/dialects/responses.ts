import type { Answer } from '../answers.ts'
import { type Dialect, type Part, partsOf, sse } from './dialect.ts'

type Json = Record<string, unknown>

const USAGE = {
  input_tokens: 3,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens: 2,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: 5,
}

/** One item of an output, and the events that tell it. */
interface Told {
  item: Json
  events: Json[]
}

/** OpenAI's Responses API: items one after the other, each told in pieces, and once more when it is done. */
export const openaiResponses: Dialect = {
  name: 'openai responses',
  native: 'responses',
  config: { provider: 'openai', openai_api: 'responses' },
  prefill: false,
  tells: { reasoning: true, calls: true },
  contentType: 'text/event-stream',
  stream(answer, random) {
    const told = itemsOf(partsOf(answer, random), answer)
    const isCut = answer.finish === 'length'
    const response = (status: string, output: Json[]) => ({
      ...{ id: 'resp_up', object: 'response', created_at: 1700000000, model: 'up', status, output },
      ...{ error: null, incomplete_details: status === 'incomplete' ? { reason: 'max_output_tokens' } : null },
      usage: output.length > 0 ? USAGE : null,
    })
    const status = isCut ? 'incomplete' : 'completed'
    const events: Json[] = [
      { type: 'response.created', response: response('in_progress', []) },
      { type: 'response.in_progress', response: response('in_progress', []) },
      ...told.flatMap((each, output_index) => each.events.map((event) => ({ ...event, output_index }))),
      {
        type: `response.${status}`,
        response: response(
          status,
          told.map(({ item }) => item),
        ),
      },
    ]
    const frames = events.map((event, sequence_number) => sse({ ...event, sequence_number }, `${event.type}`))
    // Nothing but its terminal is an end.
    return { events: frames.map((frame) => Buffer.from(frame)), finished: frames.length }
  },
  error: Buffer.from(
    sse({ type: 'error', code: 'server_error', message: 'Overloaded', param: null, sequence_number: 9 }, 'error'),
  ),
  garbage: Buffer.from('\n\ndata: {"oops\n\n'),
}

export const azureResponses: Dialect = {
  ...openaiResponses,
  name: 'azure-openai responses',
  config: { provider: 'azure-openai', deployment_id: 'd', openai_api: 'responses' },
}

function itemsOf(parts: readonly Part[], { text, reasoning }: Answer): Told[] {
  const texts = parts.flatMap((part) => ('text' in part ? [part.text] : []))
  const thoughts = parts.flatMap((part) => ('reasoning' in part ? [part.reasoning] : []))
  const calls = parts.flatMap((part) => ('call' in part ? [callOf(part)] : []))
  return [
    ...(reasoning === '' ? [] : [reasoningOf(thoughts, reasoning)]),
    ...(text === '' ? [] : [messageOf(texts, text)]),
    ...calls,
  ]
}

function reasoningOf(pieces: readonly string[], text: string): Told {
  const at = { item_id: 'rs_up', summary_index: 0 }
  const summary = (words: string) => ({ type: 'summary_text', text: words })
  const item = { id: 'rs_up', type: 'reasoning', summary: [summary(text)] }
  return {
    item,
    events: [
      { type: 'response.output_item.added', item: { ...item, summary: [] } },
      { type: 'response.reasoning_summary_part.added', ...at, part: summary('') },
      ...pieces.map((delta) => ({ type: 'response.reasoning_summary_text.delta', ...at, delta })),
      { type: 'response.reasoning_summary_text.done', ...at, text },
      { type: 'response.reasoning_summary_part.done', ...at, part: summary(text) },
      { type: 'response.output_item.done', item },
    ],
  }
}

function messageOf(pieces: readonly string[], text: string): Told {
  const at = { item_id: 'msg_up', content_index: 0 }
  const part = (words: string) => ({ type: 'output_text', text: words, annotations: [], logprobs: [] })
  const item = { id: 'msg_up', type: 'message', status: 'completed', role: 'assistant', content: [part(text)] }
  return {
    item,
    events: [
      { type: 'response.output_item.added', item: { ...item, status: 'in_progress', content: [] } },
      { type: 'response.content_part.added', ...at, part: part('') },
      ...pieces.map((delta) => ({ type: 'response.output_text.delta', ...at, delta, logprobs: [] })),
      { type: 'response.output_text.done', ...at, text, logprobs: [] },
      { type: 'response.content_part.done', ...at, part: part(text) },
      { type: 'response.output_item.done', item },
    ],
  }
}

function callOf({ call, id, fragments }: Extract<Part, { call: unknown }>): Told {
  const at = { item_id: `fc_${id}` }
  const { name, arguments: json } = call
  const item = { id: at.item_id, type: 'function_call', status: 'completed', call_id: id, name, arguments: json }
  return {
    item,
    events: [
      { type: 'response.output_item.added', item: { ...item, status: 'in_progress', arguments: '' } },
      ...fragments.map((delta) => ({ type: 'response.function_call_arguments.delta', ...at, delta })),
      { type: 'response.function_call_arguments.done', ...at, name, arguments: json },
      { type: 'response.output_item.done', item },
    ],
  }
}
