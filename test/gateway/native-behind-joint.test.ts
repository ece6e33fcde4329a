import assert from 'node:assert/strict'
import type { Outcome } from '../../lib/index.ts'
import { cleanup, fallback, gateway } from '../helpers/gateway.ts'
import { accumulated, assertLostMessageStream, assertWholeMessageStream, message, textOf } from '../helpers/messages.ts'
import { accumulated as accumulatedResponse, eventsOf, respond } from '../helpers/responses.ts'
import { type Reply, type Scripted, scripted } from '../helpers/upstream.ts'

type Json = Record<string, unknown>
type Event = Json & { type: string }
type Target = (url: string) => Json

const INSTRUCTION = 'Repeat the last words and go on.'

/** Targets of which each but the last breaks off, what they were asked, and what the client gets. */
function broken(target: Target, ask: (url: string) => Promise<{ body: string }>) {
  const opened = cleanup()
  return async (streams: readonly string[][], midStream = 'restart') => {
    const ups: Scripted[] = []
    for (const [at, chunks] of streams.entries()) {
      const finish: Reply['finish'] = at === streams.length - 1 ? 'end' : 'cut'
      ups.push(await opened(scripted({ chunks, finish })))
    }
    const targets = ups.map(({ url }) => target(url))
    const config = { ...fallback(...targets), mid_stream: midStream, continue_instruction: INSTRUCTION }
    const gate = await opened(gateway(config))
    const { body } = await ask(gate.url)
    const outcome = await gate.finished()
    return { body, outcome, asked: ups.map(({ requests }) => JSON.parse(requests[0]?.body ?? 'null') as Json | null) }
  }
}

/** What the application is told of an answer that was lost where the client has some of it. */
function assertTruncated({ outcome, truncated, failure }: Outcome): void {
  assert.deepEqual([outcome, truncated, failure?.kind], ['failed', true, 'malformed'])
}

// --------------------------------------------------------------------------------------------------------------- Messages

const REQUEST = {
  model: 'claude-sonnet-5',
  max_tokens: 1000,
  stream: true,
  messages: [{ role: 'user', content: 'Is it sunny?' }],
  tools: [{ type: 'web_search_20260318', name: 'web_search' }],
  // Nobody else has one.
  container: 'container_0',
  a_field_of_tomorrow: [{ nested: null }],
}

const START: Event = {
  type: 'message_start',
  message: {
    ...{ id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-sonnet-5', content: [], stop_reason: null },
    usage: { input_tokens: 3, cache_read_input_tokens: 5, output_tokens: 1 },
  },
}
const started = (index: number, content_block: Json): Event => ({ type: 'content_block_start', index, content_block })
const changed = (index: number, delta: Json): Event => ({ type: 'content_block_delta', index, delta })
const stopped = (index: number): Event => ({ type: 'content_block_stop', index })
const text = (index: number, ...pieces: string[]): Event[] => [
  started(index, { type: 'text', text: '' }),
  ...pieces.map((piece) => changed(index, { type: 'text_delta', text: piece })),
]
const thought = (index: number, ...pieces: string[]): Event[] => [
  started(index, { type: 'thinking', thinking: '', signature: '' }),
  ...pieces.map((piece) => changed(index, { type: 'thinking_delta', thinking: piece })),
]
/** The work of a server tool, and what only its maker can say. */
const search = (index: number): Event[] => [
  started(index, { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: {} }),
  changed(index, { type: 'input_json_delta', partial_json: '{"query":"sun"}' }),
  stopped(index),
  started(index + 1, {
    ...{ type: 'web_search_tool_result', tool_use_id: 'srvtoolu_1' },
    content: [{ type: 'web_search_result', title: 'Sun', url: 'https://sun.test', encrypted_content: 'Eo' }],
  }),
  stopped(index + 1),
]
const CITATION = {
  ...{ type: 'web_search_result_location', cited_text: 'It is.', url: 'https://sun.test', title: 'Sun' },
  encrypted_index: 'Eo8',
}
const cited = (index: number): Event[] => [
  started(index, { type: 'text', text: '', citations: [] }),
  changed(index, { type: 'citations_delta', citation: CITATION }),
  changed(index, { type: 'text_delta', text: 'It is.' }),
]
const end = (index: number, stop_reason = 'end_turn'): Event[] => [
  stopped(index),
  {
    type: 'message_delta',
    delta: { stop_reason, stop_sequence: null, container: { id: 'container_1' } },
    usage: { output_tokens: 9, server_tool_use: { web_search_requests: 1 } },
  },
  { type: 'message_stop' },
]
const sse = (events: readonly Event[]) =>
  events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
const begun = (...blocks: Event[][]) => sse([START, ...blocks.flat()])

/** The same at other places. */
const moved = (events: readonly Event[], by: number): Event[] =>
  events.map((event) => (typeof event.index === 'number' ? { ...event, index: event.index + by } : event))

describe('An answer of Messages that goes on by another attempt of the same', () => {
  const run = broken(
    (url) => ({ provider: 'anthropic', api_key: 'k', custom_host: url }),
    (url) => message(url, REQUEST),
  )
  const eventsIn = (body: string): Event[] => sseData(body)

  it('has all that the other says behind the block at the joint', async () => {
    const rest = [...search(1), ...cited(3)]
    const { body, asked } = await run([
      begun(text(0, 'Let me ', 'look.')),
      begun(text(0, 'Let me look.', ' Now.'), [stopped(0)], rest, end(3)),
    ])
    const begin = begun(text(0, 'Let me ', 'look.')).join('')
    assert.ok(body.startsWith(begin))
    const [more, stop, ...behind] = eventsIn(body.slice(begin.length))
    assert.deepEqual([more, stop], [changed(0, { type: 'text_delta', text: ' Now.' }), stopped(0)])
    assert.deepEqual(behind.slice(0, -2), [...rest, stopped(3)])
    const last = behind.at(-2) as Event & { usage: Json }
    assert.deepEqual(last.delta, { stop_reason: 'end_turn', stop_sequence: null, container: { id: 'container_1' } })
    // What this attempt read was told at its beginning, which the client has not seen.
    assert.partialDeepStrictEqual(last.usage, {
      ...{ input_tokens: 3, cache_read_input_tokens: 5, output_tokens: 9 },
      server_tool_use: { web_search_requests: 1 },
    })
    assert.deepEqual(asked[1], REQUEST)
    const heard = await accumulated([Buffer.from(body)])
    assert.deepEqual(
      heard.content.map(({ type }) => type),
      ['text', 'server_tool_use', 'web_search_tool_result', 'text'],
    )
  })

  it('has it at the next places, whatever those of the other are', async () => {
    const { body, asked } = await run(
      [
        begun(thought(0, 'Hm.'), [stopped(0)], text(1, 'Let me look at the sky.')),
        begun(text(0, 'Let me look at the sky.', ' Now.'), [stopped(0)], search(1), cited(3), end(3)),
      ],
      'continue',
    )
    const { messages, ...others } = asked[1] ?? {}
    assert.deepEqual(messages, [
      ...REQUEST.messages,
      { role: 'assistant', content: 'Let me look at the sky.' },
      { role: 'user', content: INSTRUCTION },
    ])
    assert.deepEqual(others.a_field_of_tomorrow, REQUEST.a_field_of_tomorrow)
    assertWholeMessageStream({ events: named(body) })
    const behind = eventsIn(body).slice(-search(1).length - cited(3).length - 3, -3)
    assert.deepEqual(behind, moved([...search(1), ...cited(3)], 1))
    assert.equal(textOf(await accumulated([Buffer.from(body)])), 'Let me look at the sky. Now.It is.')
  })

  it('has the work of tools behind thoughts that broke off', async () => {
    const { body } = await run(
      [begun(thought(0, 'Is it')), begun(thought(0, 'Let me think.'), [stopped(0)], search(1), cited(3), end(3))],
      'continue',
    )
    assertWholeMessageStream({ events: named(body) })
    const heard = await accumulated([Buffer.from(body)])
    assert.deepEqual(
      heard.content.map(({ type }) => type),
      ['thinking', 'server_tool_use', 'web_search_tool_result', 'text'],
    )
  })

  it('has its calls, with all that is said of them', async () => {
    const call = started(1, { type: 'tool_use', id: 'toolu_1', name: 'f', input: {}, caller: { type: 'direct' }, x: 1 })
    const args = changed(1, { type: 'input_json_delta', partial_json: '{"a":1}' })
    const { body } = await run([
      begun(text(0, 'Let me')),
      begun(text(0, 'Let me', ' look.'), [stopped(0), call, args], end(1, 'tool_use')),
    ])
    assertWholeMessageStream({ events: named(body) })
    assert.deepEqual(eventsIn(body).slice(-5, -2), [call, args, stopped(1)])
  })

  it('goes on again, in a block of the second', async () => {
    const { body } = await run([
      begun(text(0, 'One.')),
      begun(text(0, 'One.'), [stopped(0)], text(1, 'Tw')),
      begun(text(0, 'One.'), [stopped(0)], text(1, 'Two'), [stopped(1)], search(2), cited(4), end(4)),
    ])
    assertWholeMessageStream({ events: named(body) })
    const heard = await accumulated([Buffer.from(body)])
    assert.deepEqual(
      heard.content.map((block) => (block.type === 'text' ? block.text : block.type)),
      ['One.', 'Two', 'server_tool_use', 'web_search_tool_result', 'It is.'],
    )
  })

  it('is lost where the other did work in front of the joint, which the client would never see', async () => {
    for (const rung of ['restart', 'continue']) {
      const { body } = await run(
        [begun(text(0, 'It is sunny in Rome')), begun(search(0), text(2, 'It is sunny in Rome', ' today.'), end(2))],
        rung,
      )
      assertLostMessageStream({ events: named(body) })
    }
  })

  it('is lost behind the work of a tool', async () => {
    const whole = begun(text(0, 'One.'), [stopped(0)], search(1), cited(3), end(3))
    const { body } = await run([begun(text(0, 'One.')), whole.slice(0, 7), whole])
    assertLostMessageStream({ events: named(body) })
  })

  it('is lost where blocks lie across each other', async () => {
    const across = changed(0, { type: 'text_delta', text: ' Two.' })
    const { body } = await run([
      begun(text(0, 'One.')),
      begun(text(0, 'One.'), search(1), [across, stopped(0)], text(3, 'Three.'), end(3)),
    ])
    assertLostMessageStream({ events: named(body) })
  })

  it('is lost where that is seen at its end', async () => {
    const call = started(1, { type: 'tool_use', id: 'toolu_1', name: 'f', input: {} })
    const across = changed(0, { type: 'text_delta', text: ' Two.' })
    const { body, outcome } = await run([
      begun(text(0, 'One.')),
      begun(text(0, 'One.'), [stopped(0), call, stopped(1), across], end(0, 'tool_use')),
    ])
    assertLostMessageStream({ events: named(body) })
    assert.doesNotMatch(body, /tool_use/)
    assertTruncated(outcome)
  })

  it('takes events of any shape', async () => {
    const stop = 'event: content_block_stop\ndata: null\n\n'
    const begin = 'event: content_block_start\ndata: 5\n\n'
    const one = begun(text(0, 'One.'))
    const two = begun(text(0, 'One.', ' Two.'))
    const { body: whole } = await run([
      [...one, stop, stop],
      [...two, stop, ...sse(end(0))],
    ])
    assert.equal(whole.match(/message_stop"/g)?.length, 1)
    // Nobody knows what it begins.
    const { body } = await run([one, [...two, begin, ...sse(end(0))]])
    assertLostMessageStream({ events: named(body) })
  })

  it('has a block that the other begins with all of its text', async () => {
    const { body } = await run([
      begun(text(0, 'One.', ' Two.')),
      begun(text(0, 'One.'), [stopped(0), started(1, { type: 'text', text: ' Two. Three.' })], end(1)),
    ])
    assertWholeMessageStream({ events: named(body) })
    assert.equal(textOf(await accumulated([Buffer.from(body)])), 'One. Two. Three.')
  })
})

const sseData = (body: string): Event[] =>
  [...body.matchAll(/^data: (.*)$/gm)].map(([, data = '']) => JSON.parse(data) as Event)
const named = (body: string) => sseData(body).map((data) => ({ name: data.type, data }))

// -------------------------------------------------------------------------------------------------------------- Responses

const CODEX = {
  model: 'gpt-5',
  stream: true,
  input: 'Is it sunny?',
  tools: [{ type: 'web_search' }],
  a_field_of_tomorrow: [{ nested: null }],
}

/** Items of one response, each with its events. */
interface Item {
  whole: Json
  events: Event[]
}

const part = (said: string, more: Json = {}) => ({
  type: 'output_text',
  text: said,
  annotations: [],
  logprobs: [],
  ...more,
})

function said(id: string, pieces: readonly string[], more: Json = {}): Item {
  const place = { item_id: id, content_index: 0 }
  const words = pieces.join('')
  const item = { id, type: 'message', status: 'completed', role: 'assistant', ...more }
  const whole = { ...item, content: [part(words)] }
  return {
    whole,
    events: [
      { type: 'response.output_item.added', item: { ...item, status: 'in_progress', content: [] } },
      { type: 'response.content_part.added', ...place, part: part('') },
      ...pieces.map((delta) => ({ type: 'response.output_text.delta', ...place, delta, obfuscation: 'x' })),
      { type: 'response.output_text.done', ...place, text: words },
      { type: 'response.content_part.done', ...place, part: part(words) },
      { type: 'response.output_item.done', item: whole },
    ],
  }
}

function pondered(id: string, ...pieces: string[]): Item {
  const place = { item_id: id, summary_index: 0 }
  const summary = (words: string) => ({ type: 'summary_text', text: words })
  const whole = { id, type: 'reasoning', summary: [summary(pieces.join(''))], encrypted_content: 'gAAA' }
  return {
    whole,
    events: [
      { type: 'response.output_item.added', item: { ...whole, summary: [] } },
      { type: 'response.reasoning_summary_part.added', ...place, part: summary('') },
      ...pieces.map((delta) => ({ type: 'response.reasoning_summary_text.delta', ...place, delta })),
      { type: 'response.reasoning_summary_text.done', ...place, text: pieces.join('') },
      { type: 'response.reasoning_summary_part.done', ...place, part: summary(pieces.join('')) },
      { type: 'response.output_item.done', item: whole },
    ],
  }
}

const searched = (id: string): Item => {
  const whole = { id, type: 'web_search_call', status: 'completed', action: { type: 'search', query: 'sun' } }
  return {
    whole,
    events: [
      { type: 'response.output_item.added', item: { ...whole, status: 'in_progress' } },
      { type: 'response.web_search_call.searching', item_id: id },
      { type: 'response.output_item.done', item: whole },
    ],
  }
}

const called = (id: string): Item => {
  const whole = { id, type: 'function_call', status: 'completed', call_id: 'call_1', name: 'f', arguments: '{}', x: 1 }
  return {
    whole,
    events: [
      { type: 'response.output_item.added', item: { ...whole, status: 'in_progress', arguments: '' } },
      { type: 'response.function_call_arguments.done', item_id: id, arguments: '{}' },
      { type: 'response.output_item.done', item: whole },
    ],
  }
}

/** Read of an incomplete one alone. */
const CUT = { reason: 'max_output_tokens' }
const USAGE = { input_tokens: 3, output_tokens: 4, total_tokens: 7, a_count_of_tomorrow: 1 }

/** All of a stream, as frames; `id` is the response's. */
function response(id: string, items: readonly Item[], status: 'completed' | 'incomplete' = 'completed'): string[] {
  const base = { id, object: 'response', created_at: 1, status: 'in_progress', model: 'gpt-5', output: [], of: id }
  const output = items.map(({ whole }) => whole)
  const events: Event[] = [
    { type: 'response.created', response: base },
    { type: 'response.in_progress', response: base },
    ...items.flatMap(({ events: own }, output_index) => own.map((event) => ({ ...event, output_index }))),
    { type: `response.${status}`, response: { ...base, status, output, usage: USAGE, incomplete_details: CUT } },
  ]
  return events.map(
    ({ type, ...fields }, at) =>
      `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: at, ...fields })}\n\n`,
  )
}

describe('An answer of the Responses API that goes on by another attempt of the same', () => {
  const run = broken(
    (url) => ({ provider: 'openai', api_key: 'k', custom_host: url }),
    (url) => respond(url, CODEX),
  )
  /** What stays of an event and of an item that was moved: ids that providers look up. */
  const place = ({ sequence_number: _, ...event }: Json): Json => named(event)
  const named = (value: Json): Json =>
    JSON.parse(JSON.stringify(value).replaceAll(/"(msg|rs|fc|ctc)_(\d+|[0-9a-f]{36})"/g, '"$1"'))
  const last = (body: string) => eventsOf(body).at(-1)?.response as Json
  const typesIn = (body: string) => (last(body).output as Json[]).map(({ type }) => type)

  it('has all that the other says behind the item at the joint', async () => {
    const rest = [searched('ws_2'), said('msg_3', ['It is.'], { phase: 'final_answer' }), called('fc_4')]
    const first = response('resp_1', [said('msg_1', ['Let me ', 'look.'])]).slice(0, 6)
    const { body, asked } = await run([first, response('resp_2', [said('msg_2', ['Let me look.', ' Now.']), ...rest])])
    assert.ok(body.startsWith(first.join('')))
    assert.deepEqual(asked[1], CODEX)
    // Asserts numbers without gaps.
    const behind = eventsOf(body).slice(6)
    const [more] = behind
    assert.deepEqual([more?.type, more?.item_id, more?.delta], ['response.output_text.delta', 'msg_1', ' Now.'])
    assert.deepEqual(
      behind.slice(4, -1).map(place),
      rest.flatMap(({ events }, at) => events.map((event) => place({ ...event, output_index: at + 1 }))),
    )
    const joined = said('msg_1', ['Let me look. Now.']).whole
    assert.partialDeepStrictEqual(last(body), { id: 'resp_1', status: 'completed', usage: USAGE, of: 'resp_2' })
    const output = last(body).output as Json[]
    assert.deepEqual(output.map(named), [joined, ...rest.map(({ whole }) => whole)].map(named))
    // Ours, which are taken out when they come back; what its maker keeps, or looks up, stays.
    assert.match(
      JSON.stringify(output.map(({ id }) => id)),
      /^\["msg_1","ws_2","msg_[0-9a-f]{36}","fc_[0-9a-f]{36}"\]$/,
    )
    await accumulatedResponse([body])
  })

  it('has it at the next places, whatever those of the other are', async () => {
    const first = response('resp_1', [pondered('rs_1', 'Hm.'), said('msg_1', ['Let me look at the sky.'])]).slice(0, 11)
    const rest = [searched('ws_2'), said('msg_3', ['It is.'])]
    const { body, asked } = await run(
      [first, response('resp_2', [said('msg_2', ['Let me look at the sky.', ' Now.']), ...rest], 'incomplete')],
      'continue',
    )
    assert.deepEqual(asked[1], {
      ...CODEX,
      input: [
        { role: 'user', content: CODEX.input },
        { role: 'assistant', content: 'Let me look at the sky.' },
        { role: 'user', content: INSTRUCTION },
      ],
    })
    assert.deepEqual(typesIn(body), ['reasoning', 'message', 'web_search_call', 'message'])
    const added = eventsOf(body).filter(({ type }) => type === 'response.output_item.added')
    assert.deepEqual(
      added.map(({ output_index: index }) => index),
      [0, 1, 2, 3],
    )
    assert.equal(last(body).status, 'incomplete')
    assert.equal((await accumulatedResponse([body])).output_text, 'Let me look at the sky. Now.It is.')
  })

  it('has the work of tools behind thoughts that broke off', async () => {
    const first = response('resp_1', [pondered('rs_1', 'Is it')]).slice(0, 5)
    const rest = [searched('ws_2'), said('msg_3', ['It is.'])]
    const { body } = await run([first, response('resp_2', [pondered('rs_2', 'So.'), ...rest])], 'continue')
    const [thought, ...output] = last(body).output as Json[]
    assert.deepEqual(
      output.map(named),
      rest.map(({ whole }) => named(whole)),
    )
    assert.equal(thought?.id, 'rs_1')
    await accumulatedResponse([body])
  })

  it('goes on again, in an item of the second', async () => {
    const second = response('resp_2', [said('msg_2', ['One.']), said('msg_3', ['Tw', 'o'])]).slice(0, 11)
    const third = response('resp_3', [said('msg_4', ['One.']), said('msg_5', ['Two']), searched('ws_6')])
    const { body } = await run([response('resp_1', [said('msg_1', ['One.'])]).slice(0, 5), second, third])
    assert.deepEqual(typesIn(body), ['message', 'message', 'web_search_call'])
    await accumulatedResponse([body])
  })

  it('is lost where the other did work in front of the joint, which the client would never see', async () => {
    const first = response('resp_1', [said('msg_1', ['It is sunny in Rome'])]).slice(0, 5)
    for (const rung of ['restart', 'continue']) {
      const second = response('resp_2', [searched('ws_1'), said('msg_2', ['It is sunny in Rome', ' today.'])])
      const { body } = await run([first, second], rung)
      assert.equal(last(body).status, 'failed')
    }
  })

  it('is lost where items lie across each other, whenever that is seen', async () => {
    const late = { type: 'response.output_text.delta', item_id: 'msg_2', output_index: 0, content_index: 0, delta: '!' }
    const first = response('resp_1', [said('msg_1', ['One.'])]).slice(0, 5)
    // A call waits for the end, and all that comes behind it.
    for (const other of [searched('ws_3'), called('fc_3')]) {
      const frames = response('resp_2', [said('msg_2', ['One.']), other])
      const crossing = `event: ${late.type}\ndata: ${JSON.stringify(late)}\n\n`
      const { body, outcome } = await run([first, [...frames.slice(0, -2), crossing, ...frames.slice(-2)]])
      assert.equal(last(body).status, 'failed')
      assert.doesNotMatch(body, /function_call/)
      assertTruncated(outcome)
    }
  })
})
