import { demand, match, type Told, type Verdict } from '../judge.ts'
import type { Meaning } from '../targets.ts'
import { isJson } from './chat.ts'
import type { FuzzClient, Received } from './client.ts'
import { type NamedEvent, namedEvents } from './events.ts'

export const messagesClient: FuzzClient = {
  name: 'messages',
  path: '/v1/messages',
  hearsRestarts: false,
  request: (stream) => ({
    model: 'm',
    stream,
    max_tokens: 1000,
    messages: [{ role: 'user', content: 'hi' }],
    tools: [{ name: 'f', input_schema: { type: 'object', properties: {} } }],
  }),
  judge: (received, meanings, exact) =>
    isJson(received.headers) ? judgeJson(received, meanings, exact) : judgeStream(received, meanings, exact),
  callSent: ({ body }) => body.includes('"tool_use"'),
  tell: ({ body }) => body,
}

interface Block {
  type: string
  text?: string
  thinking?: string
  name?: string
  id?: string
  input?: unknown
}

const ENDS: Record<string, string> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  tool_use: 'tool_calls',
}

function judgeStream({ status, body, broken }: Received, meanings: readonly Meaning[], exact: boolean): Verdict {
  demand(status === 200, `status ${status} and no JSON`)
  demand(!broken, 'the connection broke')
  const events = namedEvents(body)
  const { blocks, ended, stop } = joined(events)
  const last = events.at(-1)
  if (last?.type === 'error') {
    demand(Boolean((last.error as { message?: string }).message), 'an error without a message')
    demand(stop === undefined, 'a failed answer that looks finished')
    // A client runs a call as soon as its block ends.
    demand(!blocks.some((block, index) => block.type === 'tool_use' && ended.has(index)), 'a call of a failed answer')
    return 'error in the stream'
  }
  demand(last?.type === 'message_stop', 'neither an error nor message_stop')
  demand(ended.size === blocks.length, 'a block that was never ended')
  match(told(blocks, stop), meanings, exact)
  return 'whole'
}

/** As a strict client puts the blocks together. */
function joined(events: readonly NamedEvent[]) {
  const blocks: (Block & { json?: string })[] = []
  const ended = new Set<number>()
  let stop: string | undefined
  for (const [at, event] of events.entries()) {
    demand((at === 0) === (event.type === 'message_start') || event.type === 'error', `${event.type} is event ${at}`)
    const index = event.index as number
    const block = blocks[index]
    switch (event.type) {
      case 'content_block_start':
        demand(index === blocks.length && ended.size === blocks.length, 'a block begins out of turn')
        blocks.push({ ...(event.content_block as Block), json: '' })
        break
      case 'content_block_delta':
        demand(block !== undefined && !ended.has(index), 'a delta of no open block')
        grow(block, event.delta as Record<string, string>)
        break
      case 'content_block_stop':
        demand(block !== undefined && !ended.has(index), 'a block ends that is not open')
        ended.add(index)
        break
      case 'message_delta':
        demand(stop === undefined, 'two ends')
        stop = (event.delta as { stop_reason: string }).stop_reason
    }
  }
  return { blocks, ended, stop }
}

function grow(block: Block & { json?: string }, { type, text, thinking, partial_json }: Record<string, string>): void {
  if (type === 'text_delta') block.text += text ?? ''
  if (type === 'thinking_delta') block.thinking += thinking ?? ''
  if (type === 'input_json_delta') block.json += partial_json ?? ''
}

function told(blocks: readonly (Block & { json?: string })[], stop: string | undefined): Told {
  const calls = blocks.filter(({ type }) => type === 'tool_use')
  demand(new Set(calls.map(({ id }) => id)).size === calls.length, 'two calls with one id')
  return {
    text: blocks.map(({ text = '' }) => text).join(''),
    reasoning: blocks.map(({ thinking = '' }) => thinking).join(''),
    calls: calls.map(({ name = '', json, input }) => ({ name, arguments: json || JSON.stringify(input) })),
    finish: ENDS[stop ?? ''] ?? null,
  }
}

function judgeJson({ status, body }: Received, meanings: readonly Meaning[], exact: boolean): Verdict {
  const json = JSON.parse(body)
  if (status !== 200) {
    demand(status >= 400 && json.type === 'error' && Boolean(json.error?.message), `status ${status} and no error`)
    return 'HTTP error'
  }
  match(told(json.content, json.stop_reason), meanings, exact)
  return 'whole'
}
