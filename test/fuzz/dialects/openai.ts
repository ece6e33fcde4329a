import { type Dialect, partsOf, sse } from './dialect.ts'

const USAGE = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 }

/** OpenAI's own format, in the variety of those who copied it. */
export function openaiLike(name: string, config: Record<string, unknown>, differs: Partial<Dialect> = {}): Dialect {
  const reasoningField = name === 'openai' || name === 'azure-openai' ? 'reasoning_content' : 'reasoning'
  return {
    name,
    config: { provider: name, ...config },
    prefill: false,
    tells: { reasoning: name !== 'mistral-ai', calls: true },
    contentType: 'text/event-stream',
    stream(answer, random) {
      const chunk = (delta: unknown, finish_reason: string | null = null, more = {}) =>
        sse({
          id: 'chatcmpl-up',
          object: 'chat.completion.chunk',
          created: 1700000000,
          model: 'up',
          choices: [{ index: 0, delta, finish_reason }],
          ...more,
        })
      const deltas: Record<string, unknown>[] = [{ role: 'assistant', content: '' }]
      for (const part of partsOf(answer, random)) {
        if ('text' in part) deltas.push({ content: part.text })
        else if ('reasoning' in part) deltas.push({ [reasoningField]: part.reasoning })
        else {
          const { index, id, call } = part
          const [first = '', ...rest] = random.chance(0.3) ? [call.arguments] : ['', ...part.fragments]
          const start = { index, id, type: 'function', function: { name: call.name, arguments: first } }
          // Some tell the last text and the first call in one.
          const together = index === 0 && random.chance(0.3) ? deltas.pop() : {}
          deltas.push({ ...together, tool_calls: [start] })
          for (const text of rest) deltas.push({ tool_calls: [{ index, function: { arguments: text } }] })
        }
      }
      const frames = deltas.map((delta) => chunk(delta))
      const usage = random.chance(0.5)
      frames.push(chunk({}, answer.finish, usage ? { usage: USAGE } : {}))
      const finished = frames.length
      if (!usage) frames.push(sse({ id: 'chatcmpl-up', created: 1700000000, model: 'up', choices: [], usage: USAGE }))
      frames.push(sse('[DONE]'))
      const end = random.chance(0.2) ? '\r\n' : '\n'
      return { events: frames.map((frame) => Buffer.from(frame.replaceAll('\n', end))), finished }
    },
    error: Buffer.from(sse({ error: { message: 'Overloaded', type: 'server_error', param: null, code: null } })),
    garbage: Buffer.from('\n\ndata: {"oops\n\n'),
    ...differs,
  }
}
