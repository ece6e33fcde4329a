import { isDeepStrictEqual } from 'node:util'
import { demand, match, type Told, type Verdict } from '../judge.ts'
import type { Meaning } from '../targets.ts'
import { isJson } from './chat.ts'
import type { FuzzClient, Received } from './client.ts'
import { type NamedEvent, namedEvents } from './events.ts'

export const responsesClient: FuzzClient = {
  name: 'responses',
  path: '/v1/responses',
  hearsRestarts: false,
  request: (stream) => ({
    model: 'm',
    stream,
    input: 'hi',
    tools: [{ type: 'function', name: 'f', parameters: { type: 'object', properties: {} }, strict: false }],
  }),
  judge: (received, meanings, exact) =>
    isJson(received.headers) ? judgeJson(received, meanings, exact) : judgeStream(received, meanings, exact),
  callSent: ({ body }) => body.includes('"function_call"'),
  tell: ({ body }) => body,
}

interface Item {
  id: string
  type: string
  status?: string
  content?: { type: string; text?: string }[]
  summary?: { text: string }[]
  name?: string
  call_id?: string
  /** Of a function; those of other calls are objects. */
  arguments?: string
}

interface ResponseObject {
  id: string
  status: string
  output: Item[]
  incomplete_details: { reason: string } | null
  error: { message: string } | null
}

function judgeStream({ status, body, broken }: Received, meanings: readonly Meaning[], exact: boolean): Verdict {
  demand(status === 200, `status ${status} and no JSON`)
  demand(!broken, 'the connection broke')
  const events = namedEvents(body)
  // Servers that count nothing are passed on as they are.
  const numbers = events.flatMap(({ sequence_number: number }) => (typeof number === 'number' ? number : []))
  for (const [at, number] of numbers.entries())
    demand(at === 0 || number === (numbers[at - 1] ?? 0) + 1, `event ${number} is out of turn`)
  const ids = new Set(events.flatMap(({ response }) => (response as ResponseObject | undefined)?.id ?? []))
  demand(ids.size <= 1, 'two identities')
  const done = joined(events)
  const last = events.at(-1)
  const final = last?.response as ResponseObject | undefined
  if (last?.type === 'response.failed') {
    const error = events.at(-2)
    demand(error?.type === 'error' && Boolean(error.message), 'a failure without an error before it')
    demand(final?.status === 'failed' && Boolean(final.error?.message), 'a failure that does not say so')
    // A client runs a call as soon as its item is done.
    demand(!done.some(({ type }) => type === 'function_call'), 'a call of a failed answer')
    return 'error in the stream'
  }
  demand(last?.type === 'response.completed' || last?.type === 'response.incomplete', 'neither an error nor an end')
  demand(final !== undefined, 'an end without a response')
  demand(isDeepStrictEqual(final.output.map(outline), done.map(outline)), 'the output is not that of the items')
  match(told(final), meanings, exact)
  return 'whole'
}

/** The items that are done, as a strict client puts them together: one is open at a time, and deltas belong to it. */
function joined(events: readonly NamedEvent[]): Item[] {
  const done: Item[] = []
  let open: { id: string; text: string } | undefined
  for (const [at, event] of events.entries()) {
    demand((at === 0) === (event.type === 'response.created') || event.type === 'error', `${event.type} is event ${at}`)
    const item = event.item as Item
    switch (event.type) {
      case 'response.output_item.added':
        demand(open === undefined && event.output_index === done.length, 'an item begins out of turn')
        open = { id: item.id, text: '' }
        break
      case 'response.output_text.delta':
      case 'response.function_call_arguments.delta':
      case 'response.reasoning_summary_text.delta':
      case 'response.reasoning_text.delta':
        demand(open !== undefined && event.item_id === open.id, 'a delta of no open item')
        demand(event.output_index === done.length, 'a delta of another place')
        open.text += String(event.delta)
        break
      case 'response.output_item.done':
        demand(open !== undefined && item.id === open.id, 'an item is done that is not open')
        demand(!TOLD.has(item.type) || textOf(item) === open.text, 'an item that differs from its deltas')
        done.push(item)
        open = undefined
    }
  }
  return done
}

/** Items whose text comes in deltas. */
const TOLD: ReadonlySet<string> = new Set(['message', 'function_call', 'reasoning'])

/** A provider may seal a thought anew each time that it tells it. */
function outline(item: Item): unknown {
  return [item.type, item.id, textOf(item)]
}

function textOf({ content, summary, arguments: text }: Item): string {
  if (typeof text === 'string') return text
  return [...(content ?? []), ...(summary ?? [])].map((part) => part.text ?? '').join('')
}

function told({ output, status, incomplete_details }: ResponseObject): Told {
  const of = (type: string) => output.filter((item) => item.type === type)
  const calls = of('function_call')
  demand(new Set(calls.map(({ call_id }) => call_id)).size === calls.length, 'two calls with one id')
  const cut = status === 'incomplete' && incomplete_details?.reason === 'max_output_tokens'
  return {
    text: of('message').map(textOf).reduce(beneath, ''),
    reasoning: of('reasoning').map(textOf).join(''),
    calls: calls.map(({ name = '', arguments: text = '' }) => ({ name, arguments: text })),
    finish: cut ? 'length' : status !== 'completed' ? null : calls.length > 0 ? 'tool_calls' : 'stop',
  }
}

/** As a translation puts several messages into one text. */
function beneath(text: string, next: string): string {
  return text === '' || next.startsWith('\n\n') ? text + next : `${text}\n\n${next}`
}

function judgeJson({ status, body }: Received, meanings: readonly Meaning[], exact: boolean): Verdict {
  const json = JSON.parse(body)
  if (status !== 200) {
    demand(status >= 400 && Boolean(json.error?.message), `status ${status} and no error`)
    return 'HTTP error'
  }
  match(told(json), meanings, exact)
  return 'whole'
}
