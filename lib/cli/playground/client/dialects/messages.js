import { REMINDER } from '../tasks.js'

/** An answer in JSON needs its schema in this format. */
const CITY = {
  type: 'object',
  properties: { city: { type: 'string' }, country: { type: 'string' }, advice: { type: 'string' } },
  required: ['city', 'country', 'advice'],
  additionalProperties: false,
}

/** @type {import('../dialects.js').Dialect} */
export const messages = {
  name: 'Messages',
  path: '/messages',
  announcesRestarts: false,
  terminal: 'message_stop',
  afterError: 'Claude Code then goes on from the text that it has.',
  page: 'dialects.md#messages',
  news: /"delta":\{.*?\}|"content_block":\{.*?\}|"usage":\{.*\}|message_stop/s,

  bodyOf({ model, prompt, task }) {
    const { name, description, input: input_schema } = REMINDER
    return {
      model,
      max_tokens: 1024,
      stream: true,
      messages: [{ role: 'user', content: prompt }],
      ...(task === 'tool' && { tools: [{ name, description, input_schema }] }),
      ...(task === 'json' && { output_config: { format: { type: 'json_schema', schema: CITY } } }),
    }
  },

  pieceOf(data) {
    /** @type {{ type: string, index: number, delta?: BlockDelta, content_block?: Block, error?: { message: string } }} */
    const { type, index, delta = {}, content_block: block, error } = JSON.parse(data)
    const { text = '', thinking = '', partial_json: input = '' } = delta
    const name = block?.type === 'tool_use' ? (block.name ?? '') : ''
    return {
      content: text + thinking + input + name !== '',
      text,
      calls: name + input === '' ? [] : [{ index, name, input }],
      error: error?.message,
      end: type === 'message_stop',
    }
  },
}

/**
 * @typedef {{ text?: string, thinking?: string, partial_json?: string }} BlockDelta
 * @typedef {{ type: string, name?: string }} Block
 */
