import { REMINDER } from '../tasks.js'

/** @type {import('../dialects.js').Dialect} */
export const responses = {
  name: 'Responses',
  path: '/responses',
  announcesRestarts: false,
  terminal: 'response.completed',
  afterError: 'Codex then asks the whole turn again.',
  page: 'dialects.md#responses',
  news: /"delta":"(?:[^"\\]|\\.)*"|response\.(?:completed|incomplete)/s,

  bodyOf({ model, prompt, task }) {
    const { name, description, input: parameters } = REMINDER
    return {
      model,
      stream: true,
      store: false,
      input: prompt,
      ...(task === 'tool' && { tools: [{ type: 'function', name, description, parameters }] }),
      ...(task === 'json' && { text: { format: { type: 'json_object' } } }),
    }
  },

  pieceOf(data) {
    /** @type {{ type: string, output_index: number, delta?: string, item?: Item, message?: string, response?: Failed }} */
    const { type, output_index: index, delta = '', item, message, response } = JSON.parse(data)
    const name = type === 'response.output_item.added' && item?.type === 'function_call' ? (item.name ?? '') : ''
    const input = type === 'response.function_call_arguments.delta' ? delta : ''
    return {
      content: delta + name !== '',
      text: type === 'response.output_text.delta' ? delta : '',
      calls: name + input === '' ? [] : [{ index, name, input }],
      error: type === 'error' ? message : response?.error?.message,
      end: type === 'response.completed' || type === 'response.incomplete',
    }
  },
}

/**
 * @typedef {{ type: string, name?: string }} Item
 * @typedef {{ error?: { message: string } | null }} Failed
 */
