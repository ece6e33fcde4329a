import assert from 'node:assert/strict'
import { once } from 'node:events'
import http, { type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import Anthropic from '@anthropic-ai/sdk'

export type Message = Anthropic.Message

/** An event of a Messages stream, with the name that stands before it. */
export interface NamedEvent {
  name: string | undefined
  data: Record<string, unknown> & { type: string }
}

export interface MessagesAnswer {
  status: number
  headers: IncomingHttpHeaders
  body: string
  events: NamedEvent[]
  comments: string[]
  /** Whether the connection broke before the body's end. */
  broken: boolean
}

export const HELLO = { model: 'm', max_tokens: 100, stream: true, messages: [{ role: 'user', content: 'hi' }] }

/** Posts a Messages request and reads the answer to its end. */
export async function message(
  url: string,
  body: unknown = HELLO,
  headers: Record<string, string> = {},
  path = '/v1/messages',
): Promise<MessagesAnswer> {
  const request = http.request(url + path, {
    method: 'POST',
    agent: false,
    headers: { 'content-type': 'application/json', ...headers },
  })
  request.end(typeof body === 'string' ? body : JSON.stringify(body))
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  let text = ''
  let broken = false
  response.setEncoding('utf8')
  try {
    for await (const piece of response) text += piece
  } catch {
    broken = true
  }
  return { status: response.statusCode ?? 0, headers: response.headers, body: text, broken, ...eventsIn(text) }
}

/** The events of a body, and its comments. A last one without its blank line is none. */
export function eventsIn(body: string): Pick<MessagesAnswer, 'events' | 'comments'> {
  const blocks = body.split('\n\n').slice(0, -1)
  return {
    comments: blocks.filter((block) => block.startsWith(':')).map((block) => block.slice(2)),
    events: blocks.flatMap((block): NamedEvent[] => {
      const data = /^data: (.*)$/m.exec(block)?.[1]
      return data === undefined ? [] : [{ name: /^event: (.*)$/m.exec(block)?.[1], data: JSON.parse(data) }]
    }),
  }
}

/** The events of a stream that goes out are in order: names, indexes, one block open at a time, and one end. */
export function assertWholeMessageStream({ events }: Pick<MessagesAnswer, 'events'>): void {
  const types = assertOrder(events)
  assert.deepEqual(types.slice(-2), ['message_delta', 'message_stop'], 'the end of a whole message')
  assert.equal(types.filter((type) => type === 'message_delta').length, 1, 'one message_delta')
  assert.ok(!types.includes('error'), 'a whole message has no error')
}

/** A stream that was lost: its last event is the error, no text is open, and no call was ever ended. */
export function assertLostMessageStream({ events }: Pick<MessagesAnswer, 'events'>): void {
  const types = assertOrder(events)
  assert.equal(types.at(-1), 'error', 'the error comes last')
  assert.ok(!types.includes('message_delta') && !types.includes('message_stop'), 'a lost message has no end')
  const { error } = (events.at(-1)?.data ?? {}) as { error?: { type?: unknown; message?: unknown } }
  assert.match(String(error?.type), /_error$/)
  assert.ok(typeof error?.message === 'string' && error.message !== '', 'an error says what it is')
}

function assertOrder(events: readonly NamedEvent[]): string[] {
  let open: { index: number; type: string } | undefined
  let next = 0
  for (const [at, { name, data }] of events.entries()) {
    assert.equal(name, data.type, 'the name of an event is its type')
    assert.equal(data.type === 'message_start', at === 0, 'message_start comes first, and once')
    switch (data.type) {
      case 'content_block_start':
        assert.equal(open, undefined, 'one block is open at a time')
        assert.equal(data.index, next, 'indexes are dense')
        open = { index: next, type: (data.content_block as { type: string }).type }
        next += 1
        break
      case 'content_block_delta':
        assert.equal(data.index, open?.index, 'a delta is of the open block')
        break
      case 'content_block_stop':
        assert.equal(data.index, open?.index, 'the open block ends')
        open = undefined
        break
      case 'error':
        assert.notEqual(open?.type, 'text', 'a text is closed before an error')
        break
      case 'message_delta':
        assert.equal(open, undefined, 'no block is open at the end')
    }
  }
  return events.map(({ data }) => data.type).filter((type) => type !== 'ping')
}

/** What Anthropic's own SDK makes of a stream that comes in these pieces. Rejects with its error. */
export function accumulated(pieces: readonly Uint8Array[]): Promise<Message> {
  const body = new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece)
      controller.close()
    },
  })
  const headers = { 'content-type': 'text/event-stream' }
  const client = new Anthropic({
    apiKey: 'sk-ant-test',
    maxRetries: 0,
    fetch: () => Promise.resolve(new Response(body, { headers })),
  })
  return client.messages
    .stream({ model: 'm', max_tokens: 1, messages: [{ role: 'user', content: 'hi' }] })
    .finalMessage()
}

export function textOf({ content }: Message): string {
  return content.map((block) => (block.type === 'text' ? block.text : '')).join('')
}
