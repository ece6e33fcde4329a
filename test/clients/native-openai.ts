import { openai } from '../sdk/systems/openai-family.ts'
import { type Answer, type Call, type System, TOKENS } from '../sdk/systems/system.ts'

/** OpenAI by its Responses API, which clients of that API are passed on to as they are. */
export const nativeOpenai: System = {
  ...openai,
  target: (url) => ({ provider: 'openai', custom_host: `${url}/v1`, openai_api: 'responses' }),
  tell(answer) {
    const items = [...messageOf(answer), ...(answer.calls ?? []).map(callItem)]
    const events = [
      { type: 'response.created', response: response('in_progress', []) },
      { type: 'response.in_progress', response: response('in_progress', []) },
      ...items.flatMap((item, at) => item.events.map((event) => ({ output_index: at, ...event }))),
      {
        type: 'response.completed',
        response: response(
          'completed',
          items.map(({ done }) => done),
        ),
      },
    ]
    return events.map((event, sequence_number) => {
      const { type, ...fields } = event
      return `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number, ...fields })}\n\n`
    })
  },
  hear() {
    throw new Error('it is asked as its clients ask')
  },
}

interface Item {
  events: { type: string; [field: string]: unknown }[]
  done: object
}

/** Long, as OpenAI's are. */
const HEX = '68d5effaff408195a24d3e483d0e0b1401146559af20c520'

function response(status: string, output: object[]): object {
  const { input, output: answered } = TOKENS
  const usage = {
    ...{ input_tokens: input, output_tokens: answered, total_tokens: input + answered },
    ...{ input_tokens_details: { cached_tokens: 0 }, output_tokens_details: { reasoning_tokens: 0 } },
  }
  return {
    ...{ id: `resp_${HEX}`, object: 'response', created_at: 1_700_000_000, model: openai.model, status, output },
    ...{ error: null, incomplete_details: null, instructions: null, metadata: {}, parallel_tool_calls: true },
    ...{ temperature: 1, tool_choice: 'auto', tools: [], top_p: 1, usage: status === 'completed' ? usage : null },
  }
}

function messageOf({ text = [] }: Answer): Item[] {
  if (text.length === 0) return []
  const id = `msg_${HEX}`
  const place = { item_id: id, content_index: 0 }
  const part = { type: 'output_text', text: text.join(''), annotations: [], logprobs: [] }
  const item = { id, type: 'message', role: 'assistant' }
  const done = { ...item, status: 'completed', content: [part] }
  return [
    {
      done,
      events: [
        { type: 'response.output_item.added', item: { ...item, status: 'in_progress', content: [] } },
        { type: 'response.content_part.added', ...place, part: { ...part, text: '' } },
        ...text.map((delta) => ({ type: 'response.output_text.delta', ...place, delta, logprobs: [] })),
        { type: 'response.output_text.done', ...place, text: part.text, logprobs: [] },
        { type: 'response.content_part.done', ...place, part },
        { type: 'response.output_item.done', item: done },
      ],
    },
  ]
}

function callItem({ id: call_id, name, arguments: args }: Call, at: number): Item {
  const item = { id: `fc_${HEX.slice(2)}${at}0`, type: 'function_call', call_id, name }
  const text = JSON.stringify(args)
  const done = { ...item, status: 'completed', arguments: text }
  return {
    done,
    events: [
      { type: 'response.output_item.added', item: { ...item, status: 'in_progress', arguments: '' } },
      { type: 'response.function_call_arguments.delta', item_id: item.id, delta: text },
      { type: 'response.function_call_arguments.done', item_id: item.id, arguments: text, name },
      { type: 'response.output_item.done', item: done },
    ],
  }
}
