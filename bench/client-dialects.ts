import type { Scenario } from './contestants/configs.ts'

/** What clients of other dialects than chat completions ask, and what they hear. */
export interface ClientDialect {
  path: string
  /** Their request for the same. */
  request(chat: Record<string, unknown>): Record<string, unknown>
  /** What stands once in each event of a text. */
  mark: string
  /** The type of such an event, and of the last one. */
  delta: string
  end: string
  textOf(event: Record<string, unknown>): string
}

export const CLIENT_DIALECTS: Partial<Readonly<Record<Scenario, ClientDialect>>> = {
  messages: {
    path: '/v1/messages',
    request: (chat) => chat,
    mark: '"type":"text_delta"',
    delta: 'content_block_delta',
    end: 'message_stop',
    textOf: ({ delta }) => (delta as { text?: string }).text ?? '',
  },
  responses: {
    path: '/v1/responses',
    request: ({ messages, max_tokens, ...rest }) => ({ ...rest, input: messages, max_output_tokens: max_tokens }),
    mark: '"type":"response.output_text.delta"',
    delta: 'response.output_text.delta',
    end: 'response.completed',
    textOf: ({ delta }) => String(delta),
  },
}

/** All of a whole answer's text. */
export function textHeard(body: string, { delta, end, textOf }: ClientDialect): string {
  const events = body.split('\n').flatMap((line) => (line.startsWith('data: ') ? [JSON.parse(line.slice(6))] : []))
  const last = events.at(-1)?.type
  // A recorded answer may have come to its limit.
  if (last !== end && last !== 'response.incomplete') throw new Error(`the answer ends with ${last}`)
  return events.map((event) => (event.type === delta ? textOf(event) : '')).join('')
}
