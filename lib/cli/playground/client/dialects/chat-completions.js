import { REMINDER } from '../tasks.js'

/** @type {import('../dialects.js').Dialect} */
export const chatCompletions = {
  name: 'Chat completions',
  path: '/chat/completions',
  announcesRestarts: true,
  terminal: '[DONE]',
  afterError: '',
  page: 'restarts.md',
  news: /"delta":\{.*?\}|"streamgate":\{.*?\}|"usage":\{.*\}|\[DONE\]/s,

  bodyOf({ model, prompt, task }) {
    const { name, description, input: parameters } = REMINDER
    return {
      model,
      stream: true,
      stream_options: { include_usage: true },
      messages: [{ role: 'user', content: prompt }],
      ...(task === 'tool' && { tools: [{ type: 'function', function: { name, description, parameters } }] }),
      ...(task === 'json' && { response_format: { type: 'json_object' } }),
    }
  },

  pieceOf(data) {
    if (data === '[DONE]') return { end: true }
    /** @type {{ error?: { message: string }, streamgate?: Restart, choices?: { delta: Delta }[] }} */
    const { error, streamgate, choices = [] } = JSON.parse(data)
    const { content, tool_calls: calls } = choices[0]?.delta ?? {}
    return {
      content: choices.some(({ delta }) => Object.entries(delta).some(([key, value]) => key !== 'role' && value)),
      text: content ?? '',
      calls: (calls ?? []).map(({ index, function: { name = '', arguments: input = '' } = {} }) => ({
        index,
        name,
        input,
      })),
      restart: streamgate?.event === 'restart' ? streamgate : undefined,
      error: error?.message,
    }
  },
}

/**
 * @typedef {{ event: string, attempt: number, provider: string, reason: string }} Restart
 * @typedef {{ content?: string | null, tool_calls?: { index: number, function?: { name?: string, arguments?: string } }[] }} Delta
 */
