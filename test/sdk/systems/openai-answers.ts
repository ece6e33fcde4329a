import { type Answer, type Call, halves, sse, TOKENS } from './system.ts'

const usage = {
  prompt_tokens: TOKENS.input,
  completion_tokens: TOKENS.output,
  total_tokens: TOKENS.input + TOKENS.output,
}

type Chunk = (delta: unknown, finish_reason?: string | null, more?: Record<string, unknown>) => Record<string, unknown>

/** Makes chunks; `more`: what a provider adds to each choice. */
const chunks =
  (more: Record<string, unknown> = {}): Chunk =>
  (delta, finish_reason = null, rest = {}) => ({
    id: 'gen-1',
    object: 'chat.completion.chunk',
    created: 1_700_000_000,
    model: 'native-model',
    choices: [{ index: 0, delta, finish_reason, ...more }],
    ...rest,
  })

const DONE = 'data: [DONE]\n\n'

function endOf({ calls = [], end }: Answer): string {
  if (end === 'length') return 'length'
  return end === undefined && calls.length > 0 ? 'tool_calls' : 'stop'
}

const wholeCall = ({ id, name, arguments: args }: Call) => ({
  id,
  type: 'function',
  function: { name, arguments: JSON.stringify(args) },
})

/** Calls in pieces, usage in a chunk of its own; reasoning stays hidden. */
export function tellOpenai(answer: Answer): string[] {
  const chunk = chunks({ logprobs: null })
  const calls = (answer.calls ?? []).flatMap(({ id, name, arguments: args }, index) => [
    chunk({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] }),
    ...halves(args).map((piece) => chunk({ tool_calls: [{ index, function: { arguments: piece } }] })),
  ])
  return [
    ...sse(
      chunk({ role: 'assistant', content: '', refusal: null }),
      ...(answer.text ?? []).map((content) => chunk({ content })),
      ...calls,
      chunk({}, endOf(answer)),
      { ...chunk({}), choices: [], usage },
    ),
    DONE,
  ]
}

/** Before all else, what the filter says of the prompt. */
export function tellAzure(answer: Answer): string[] {
  const filter = { choices: [], created: 0, id: '', model: '', object: '', prompt_filter_results: [] }
  return [...sse(filter), ...tellOpenai(answer)]
}

/** Calls whole, usage in `x_groq`. */
export function tellGroq(answer: Answer): string[] {
  const { reasoning, text = [], calls = [] } = answer
  const chunk = chunks({ logprobs: null })
  return [
    ...sse(
      chunk({ role: 'assistant', content: '' }, null, { x_groq: { id: 'req_1' } }),
      ...(reasoning === undefined ? [] : [chunk({ reasoning, channel: 'analysis' })]),
      ...text.map((content) => chunk({ content })),
      ...calls.map((call, index) => chunk({ tool_calls: [{ ...wholeCall(call), index }] })),
      chunk({}, endOf(answer), { x_groq: { id: 'req_1', usage: { ...usage, queue_time: 0.1 } } }),
    ),
    DONE,
  ]
}

/** The role in every delta; usage with the finish reason, which is `eos` where the model ends of itself. */
export function tellTogether(answer: Answer): string[] {
  const { reasoning, text = [], calls = [] } = answer
  const chunk = chunks({ text: '', seed: null })
  const end = answer.end === undefined && calls.length === 0 ? 'eos' : endOf(answer)
  return [
    ...sse(
      ...(reasoning === undefined ? [] : [chunk({ role: 'assistant', content: '', reasoning })]),
      ...text.map((content, token_id) => chunk({ token_id, role: 'assistant', content, tool_calls: null })),
      ...calls.map((call, index) =>
        chunk({ role: 'assistant', content: '', tool_calls: [{ ...wholeCall(call), index }] }),
      ),
      chunk({ role: 'assistant', content: '' }, end, { usage }),
    ),
    DONE,
  ]
}

/** All calls in one delta, without index and type, beside finish reason and usage; reasoning as parts of the content. */
export function tellMistral(answer: Answer): string[] {
  const { reasoning, text = [], calls = [] } = answer
  const chunk = chunks()
  const thinking = [{ type: 'thinking', thinking: [{ type: 'text', text: reasoning }] }]
  const tool_calls = calls.map(({ id, name, arguments: args }) => ({
    id,
    function: { name, arguments: JSON.stringify(args) },
  }))
  const last = calls.length > 0 ? { content: null, tool_calls } : { content: '' }
  return [
    ...sse(
      chunk({ role: 'assistant', content: '' }),
      ...(reasoning === undefined ? [] : [chunk({ content: thinking })]),
      ...text.map((content) => chunk({ content })),
      chunk(last, endOf(answer), { usage }),
    ),
    DONE,
  ]
}
