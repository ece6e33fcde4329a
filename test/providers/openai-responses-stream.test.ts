import assert from 'node:assert/strict'
import type { ResponseStreamEvent } from 'openai/resources/responses/responses'
import { openai } from '../../lib/providers/openai.ts'
import type { ToolCall } from '../../lib/types/chat.ts'
import type { ChunkInit } from '../../lib/types/provider.ts'
import { ask, decode, endpoint, events, failure, hasFields, send, told, usageOf } from '../helpers/openai-family.ts'

const request = ask({ model: 'gpt-5-pro' })

type Json = Record<string, unknown>
/** An event by its type, with the fields that are read; `type` is one that the official package knows. */
const event = (type: ResponseStreamEvent['type'], fields: Json = {}): Json => ({ type, sequence_number: 1, ...fields })
const read = (...frames: unknown[]): ChunkInit[] => decode(openai, events(...frames), { request })

const response = (fields: Json = {}) => ({
  id: 'resp_1',
  object: 'response',
  created_at: 1770000000.9,
  model: 'gpt-5-pro-2025-10-06',
  service_tier: 'priority',
  status: 'completed',
  output: [],
  ...fields,
})
const created = event('response.created', { response: response({ status: 'in_progress' }) })
const added = (output_index: number, item: Json) => event('response.output_item.added', { output_index, item })
const done = (output_index: number, item: Json) => event('response.output_item.done', { output_index, item })
const text = (output_index: number, delta: unknown, more: Json = {}) =>
  event('response.output_text.delta', { output_index, content_index: 0, delta, ...more })
const message = (...texts: string[]) => ({
  type: 'message',
  content: texts.map((each) => ({ type: 'output_text', text: each, annotations: [] })),
})
const call = (name: string, args: string, more: Json = {}) => ({
  type: 'function_call',
  call_id: `call_${name}`,
  name,
  arguments: args,
  ...more,
})
const args = (output_index: number, delta: string) =>
  event('response.function_call_arguments.delta', { output_index, delta })
const thinking = (id: string, ...summary: string[]) => ({
  type: 'reasoning',
  id,
  encrypted_content: `sealed-${id}`,
  summary: summary.map((each) => ({ type: 'summary_text', text: each })),
})
const completed = (fields: Json = {}) => event('response.completed', { response: response(fields) })
const incomplete = (reason: unknown, fields: Json = {}) =>
  event('response.incomplete', {
    response: response({ status: 'incomplete', incomplete_details: { reason }, ...fields }),
  })

describe('openai by the Responses API: streams', () => {
  for (const object of ['chat.completion.chunk', 'chat.completion']) {
    it(`fails at a ${object}, with the setting that helps, and is not asked the same again`, () => {
      const { code, retryable, message } = failure(() => read({ object, choices: [{ delta: { content: 'hi' } }] }))
      assert.deepEqual([code, retryable], ['upstream_response_malformed', false])
      assert.match(message, /"openai_api": "chat"/)
    })
  }

  it('begin with an envelope, and end with the usage', () => {
    const usage = {
      input_tokens: 10,
      input_tokens_details: { cached_tokens: 4, cache_write_tokens: 2, cache_write_tokens_details: {} },
      output_tokens: 5,
      output_tokens_details: { reasoning_tokens: 3 },
      total_tokens: 15,
    }
    const inits = read(created, text(0, 'Hi'), completed({ usage }))
    assert.deepEqual(inits[0], {
      id: 'resp_1',
      created: 1770000000,
      model: 'gpt-5-pro-2025-10-06',
      service_tier: 'priority',
    })
    assert.deepEqual(inits[1], { content: 'Hi' })
    assert.deepEqual(usageOf(inits), {
      prompt_tokens: 10,
      completion_tokens: 5,
      total_tokens: 15,
      prompt_tokens_details: { cached_tokens: 4, cache_write_tokens: 2 },
      completion_tokens_details: { reasoning_tokens: 3 },
    })
    assert.deepEqual(inits.at(-1), { finish: 'stop', end: true })
  })

  it('may have no envelope, no event names, a [DONE], and events that nobody knows', () => {
    const inits = read(
      { type: 'keepalive' },
      event('response.queued'),
      { type: 'response.invented', delta: 'x' },
      text(0, 'Hi', { obfuscation: 'abc' }),
      event('response.output_text.done', { output_index: 0, text: 'Hi' }),
      '[DONE]',
      completed(),
    )
    assert.equal(told(inits).content, 'Hi')
    assert.equal(told(inits).finish, 'stop')
  })

  it('have the texts of several messages with an empty line between', () => {
    const inits = read(text(0, 'Look'), text(0, 'ing.'), text(2, 'Done.'), completed())
    assert.equal(told(inits).content, 'Looking.\n\nDone.')
  })

  it('know an item by its place, whatever its id', () => {
    const inits = read(
      text(1, 'a', { item_id: 'x' }),
      text(1, 'b', { item_id: 'y' }),
      done(1, { id: 'z', ...message('ab') }),
      completed({ output: [{}, message('ab')] }),
    )
    assert.equal(told(inits).content, 'ab')
  })

  it('tell of a finished item what no piece has told, and nothing twice', () => {
    const inits = read(
      added(0, { type: 'reasoning', summary: [] }),
      done(0, thinking('rs_1', 'one', 'two')),
      done(1, message('said', 'and more')),
      added(2, call('f', '')),
      done(2, call('f', '{"a":1}')),
      done(3, { type: 'message', content: [{ type: 'refusal', refusal: 'No.' }] }),
      done(1, message('said', 'and more')),
      completed({ output: [{}, message('said', 'and more'), call('f', '{"a":1}'), message('x')] }),
    )
    const { content, reasoning, refusal, calls, finish } = told(inits)
    assert.deepEqual(
      { content, reasoning, refusal, finish },
      {
        content: 'said\n\nand more',
        reasoning: 'one\n\ntwo',
        refusal: 'No.',
        finish: 'stop',
      },
    )
    assert.equal(calls[0]?.arguments, '{"a":1}')
  })

  it('tell of a finished item the parts that no piece has told', () => {
    const refusal = { type: 'refusal', refusal: 'No.' }
    const item = { ...message('one', 'two'), content: [...message('one', 'two').content, refusal] }
    const { content, refusal: refused } = told(read(text(0, 'one'), done(0, item), completed()))
    assert.deepEqual([content, refused], ['one\n\ntwo', 'No.'])
  })

  it('have nothing twice where a server numbers all parts alike', () => {
    const inits = read(text(0, 'one'), text(0, 'two'), done(0, message('one', 'two')), completed())
    assert.equal(told(inits).content, 'onetwo')
  })

  it('leave pieces standing where the finished item differs', () => {
    const inits = read(text(0, 'pieces'), done(0, message('another text')), completed())
    assert.equal(told(inits).content, 'pieces')
  })

  it('are read from the last event if it is the only one, or the response has no events at all', () => {
    const output = [thinking('rs_1', 'hm'), message('Hi'), call('f', '{}')]
    for (const whole of [completed({ output }), response({ output })]) {
      const { content, reasoning, calls, finish } = told(read(whole))
      assert.deepEqual([content, reasoning, calls.length, finish], ['Hi', 'hm', 1, 'stop'])
    }
  })

  it('finish at the end what was announced and never finished, and nothing else', () => {
    const output = [message('Hi'), call('f', '{"a":1}'), message('unheard of')]
    const inits = read(text(0, 'Hi'), added(1, call('f', '')), completed({ output }))
    assert.equal(told(inits).content, 'Hi')
    assert.equal(told(inits).calls[0]?.arguments, '{"a":1}')
  })

  it('have no call that is named for its type, and one whose name comes late', () => {
    const names = (...frames: unknown[]) =>
      read(...frames).flatMap(({ toolCalls = [] }) => toolCalls.flatMap(({ name = [] }) => name))
    assert.deepEqual(names(added(0, call('', '{}')), completed()), [''])
    assert.deepEqual(names(added(0, call('', '')), done(0, call('f', '{}'))), ['', 'f'])
  })

  it('have calls of functions, of namespaces and of custom tools', () => {
    const inits = read(
      added(0, call('f', '{"whole":"in the start"}')),
      args(0, '{"a"'),
      args(0, ':1}'),
      added(1, call('g', '', { namespace: 'ns' })),
      args(1, '{}'),
      added(2, call('h', '', { namespace: 'h' })),
      done(2, call('h', '', { namespace: 'h' })),
      added(3, { type: 'custom_tool_call', call_id: 'call_c', name: 'c', input: '' }),
      event('response.custom_tool_call_input.delta', { output_index: 3, delta: 'x=1' }),
      completed(),
    )
    assert.deepEqual(told(inits).calls, [
      { id: 'call_f', type: 'function', name: 'f', arguments: '{"a":1}' },
      { id: 'call_g', type: 'function', name: 'ns__g', arguments: '{}' },
      { id: 'call_h', type: 'function', name: 'h', arguments: '' },
      { id: 'call_c', type: 'custom', name: 'c', arguments: 'x=1' },
    ])
  })

  it('give calls the names that the client has for them', () => {
    const asked = ask({ model: 'gpt-5-pro', tools: [{ type: 'function', function: { name: 'a.b' } }] })
    const inits = decode(openai, events(added(0, call('a_b', '')), completed()), { request: asked })
    assert.equal(told(inits).calls[0]?.name, 'a.b')
  })

  it('have reasoning from summaries and in the clear', () => {
    const summary = (summary_index: number, delta: string) =>
      event('response.reasoning_summary_text.delta', { output_index: 0, summary_index, delta })
    const inits = read(
      summary(0, '**A**'),
      summary(0, ' a'),
      summary(1, '**B**'),
      event('response.reasoning_text.delta', { output_index: 1, content_index: 0, delta: 'raw' }),
      done(1, { type: 'reasoning', content: [{ type: 'reasoning_text', text: 'raw' }] }),
      completed(),
    )
    assert.equal(told(inits).reasoning, '**A** a\n\n**B**\n\nraw')
    const { reasoning } = told(read(done(0, { type: 'reasoning', content: [{ text: 'raw' }] }), completed()))
    assert.equal(reasoning, 'raw')
  })

  it('have refusals, log probabilities, and citations whose places count from the begin of the answer', () => {
    const cited = { type: 'url_citation', start_index: 1, end_index: 3, url: 'https://a', title: 'A' }
    const inits = read(
      text(0, 'Look.', { logprobs: [{ token: 'Look.', logprob: -0.1, top_logprobs: [] }] }),
      text(1, 'Found', { logprobs: [] }),
      event('response.output_text.annotation.added', { output_index: 1, content_index: 0, annotation: cited }),
      event('response.output_text.annotation.added', { output_index: 1, annotation: { type: 'file_citation' } }),
      event('response.refusal.delta', { output_index: 2, content_index: 0, delta: 'No.' }),
      completed(),
    )
    assert.equal(told(inits).refusal, 'No.')
    assert.deepEqual(told(inits).logprobs, [
      { content: [{ token: 'Look.', logprob: -0.1, bytes: null, top_logprobs: [] }], refusal: null },
    ])
    assert.deepEqual(
      inits.flatMap(({ annotations = [] }) => annotations),
      [{ type: 'url_citation', url_citation: { start_index: 8, end_index: 10, url: 'https://a', title: 'A' } }],
    )
  })

  it('say nothing of the steps of OpenAI’s own tools', () => {
    const inits = read(
      added(0, { type: 'web_search_call' }),
      done(0, { type: 'web_search_call' }),
      done(1, { type: 'shell_call', environment: { type: 'container_reference' } }),
      done(2, { type: 'invented' }),
      text(3, 'Hi'),
      completed(),
    )
    assert.deepEqual(
      inits.filter((init) => init.content === undefined && !init.end && init.id === undefined),
      [],
    )
  })
})

describe('openai by the Responses API: ends', () => {
  it('are those that the response tells, in an event that says it is completed', () => {
    const reason = { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }
    assert.equal(told(read(text(0, 'a'), completed(reason))).finish, 'length')
  })

  it('are lengths and filters, with half a call as it is', () => {
    const inits = read(added(0, call('f', '')), args(0, '{"x":48'), incomplete('max_output_tokens'))
    assert.equal(told(inits).finish, 'length')
    assert.equal(told(inits).calls[0]?.arguments, '{"x":48')
    assert.equal(told(read(text(0, 'a'), incomplete('content_filter'))).finish, 'content_filter')
  })

  it('are none for reasons that no table has', () => {
    for (const last of [
      incomplete('max_messages'),
      incomplete('steered'),
      incomplete(undefined),
      response({ status: 'cancelled' }),
      completed({ status: 'cancelled' }),
      completed({ status: 'incomplete', incomplete_details: { reason: 'steered' } }),
      response({ status: undefined }),
    ]) {
      hasFields(
        failure(() => read(text(0, 'a'), last)),
        { code: 'upstream_unfinished', retryable: true },
      )
    }
  })

  it('may be a target’s own', () => {
    const to = endpoint({ finishReasons: { max_messages: 'length' } })
    const decoder = openai.decoder(request, to)
    const inits = events(incomplete('max_messages')).flatMap((each) => [...decoder.decode(each)])
    assert.equal(told(inits).finish, 'length')
  })

  const failures: [code: string, status: number, retryable: boolean][] = [
    ['server_error', 500, true],
    ['rate_limit_exceeded', 429, true],
    ['insufficient_quota', 429, false],
    ['invalid_prompt', 400, false],
    ['image_file_not_found', 400, false],
    ['image_content_policy_violation', 400, false],
    ['bio_policy', 400, false],
    ['data_residency_mismatch', 400, false],
    ['vector_store_timeout', 504, true],
  ]
  for (const [code, status, retryable] of failures) {
    it(`are failures for ${code}: ${status}`, () => {
      const error = { code, message: 'What went wrong.' }
      for (const last of [
        event('response.failed', { response: response({ status: 'failed', error }) }),
        event('error', { ...error, param: null }),
        event('error', { error: { type: code, ...error } }),
        { error },
        response({ status: 'failed', error }),
      ]) {
        hasFields(
          failure(() => read(text(0, 'a'), last)),
          { status, retryable, message: 'What went wrong.' },
        )
      }
    })
  }

  it('are failures without a word, too', () => {
    hasFields(
      failure(() => read(event('response.failed'))),
      { status: 500, retryable: true },
    )
  })

  it('tell the usage of what failed', () => {
    const frames = events(
      event('response.failed', {
        response: { usage: { input_tokens: 7 }, error: { code: 'server_error', message: '' } },
      }),
    )
    const decoder = openai.decoder(request, endpoint())
    const inits: ChunkInit[] = []
    assert.throws(() => {
      for (const each of frames) for (const init of decoder.decode(each)) inits.push(init)
    })
    assert.equal(usageOf(inits)?.prompt_tokens, 7)
  })

  const unanswerable: Json[] = [
    { type: 'computer_call' },
    { type: 'local_shell_call' },
    { type: 'apply_patch_call' },
    { type: 'mcp_approval_request' },
    { type: 'shell_call', environment: { type: 'local' } },
    { type: 'tool_search_call', execution: 'client' },
  ]
  for (const item of unanswerable) {
    it(`are failures for a ${item.type}, which a chat cannot answer`, () => {
      hasFields(
        failure(() => read(added(0, item))),
        { status: 400, code: 'unsupported_value', param: 'tools', retryable: false },
      )
    })
  }

  it('are failures for what is no event', () => {
    for (const frame of ['[1]', '"x"', 'null', '{']) {
      hasFields(
        failure(() => read(frame)),
        { code: 'upstream_response_malformed' },
      )
    }
  })

  it('are failures for endless items', () => {
    const frames = Array.from({ length: 10_001 }, (_, index) => added(index, { type: 'message' }))
    hasFields(
      failure(() => read(...frames)),
      { code: 'upstream_response_malformed' },
    )
  })

  it('do not mind wrong types', () => {
    const wrong = [1, 'x', [], { a: 1 }, null]
    for (const value of wrong) {
      read(
        event('response.created', { response: value }),
        added(0, { type: value, content: value, summary: value }),
        done(1, { type: 'message', content: value }),
        done(2, { type: 'reasoning', summary: value, content: value, encrypted_content: value, id: value }),
        done(3, { type: 'function_call', call_id: value, name: value, namespace: value }),
        event('response.output_item.done', { output_index: value, item: value }),
        event('response.output_text.annotation.added', { output_index: value, annotation: value }),
        event('response.reasoning_text.delta', { output_index: value, content_index: value, delta: value }),
        completed({ usage: value, output: value, created_at: value, id: value }),
      )
    }
  })
})

describe('openai by the Responses API: reasoning that comes back with its call', () => {
  const chatOf = (inits: ChunkInit[], words: string) => {
    const calls = told(inits).calls as (ToolCall & { name: string; arguments: string; state?: string })[]
    const tool_calls = calls.map(({ id, name, arguments: json, state }) => ({
      id,
      type: 'function' as const,
      function: { name, arguments: json },
      ...(state && { state }),
    }))
    const results = calls.map(({ id }) => ({ role: 'tool' as const, tool_call_id: id, content: 'ok' }))
    return ask({
      model: 'gpt-5-pro',
      messages: [{ role: 'assistant', content: words, tool_calls }, ...results],
    })
  }
  const back = (inits: ChunkInit[], words = '', to = endpoint()) =>
    (send(openai, chatOf(inits, words), to).body.input as Json[]).filter(({ type }) => !/output/.test(String(type)))
  const said = (words: string, phase?: string) => ({
    type: 'message',
    role: 'assistant',
    content: [{ type: 'output_text', text: words, annotations: [] }],
    ...(phase && { phase }),
  })

  it('stands in front of it, and of the words between, in the order in which it came', () => {
    const inits = read(
      done(0, thinking('rs_1', 'hm')),
      added(1, { ...message(), phase: 'commentary' }),
      text(1, 'Let me '),
      text(1, 'look.'),
      done(2, thinking('rs_2')),
      done(3, call('f', '{}')),
      done(4, call('g', '{}')),
      done(5, thinking('rs_3')),
      done(6, call('h', '{}')),
      completed(),
    )
    assert.deepEqual(back(inits, 'Let me look.'), [
      thinking('rs_1', 'hm'),
      said('Let me look.', 'commentary'),
      thinking('rs_2'),
      call('f', '{}'),
      call('g', '{}'),
      thinking('rs_3'),
      call('h', '{}'),
    ])
  })

  it('keeps every word where the client has changed them', () => {
    const inits = read(text(0, 'Long words.'), done(1, thinking('rs_1')), done(2, call('f', '{}')), completed())
    assert.deepEqual(back(inits, 'Short'), [said('Short'), thinking('rs_1'), call('f', '{}')])
    assert.deepEqual(back(inits, 'Long words. And more.').slice(0, 3), [
      said('Long words.'),
      thinking('rs_1'),
      said(' And more.'),
    ])
  })

  it('has no summaries where those would make the id too long', () => {
    const inits = read(done(0, thinking('rs_1', 'a long summary')), done(1, call('f', '{}')), completed())
    const [announced] = inits.flatMap(({ toolCalls = [] }) => toolCalls)
    assert.ok(announced?.state?.includes('a long summary'))
    assert.ok(announced?.lessState?.includes('sealed-rs_1') && !announced.lessState.includes('summary_text'))
  })

  it('is nothing where there was none, where it is not sealed, and in front of what cannot come back', () => {
    const states = (...frames: unknown[]) =>
      read(...frames, completed()).flatMap(({ toolCalls = [] }) => toolCalls.flatMap(({ state = [] }) => state))
    assert.deepEqual(states(text(0, 'a'), done(1, call('f', '{}'))), [])
    assert.deepEqual(states(done(0, { type: 'reasoning', id: 'rs', summary: [] }), done(1, call('f', '{}'))), [])
    const afterSearch = states(
      done(0, thinking('rs_1')),
      done(1, { type: 'web_search_call' }),
      done(2, thinking('rs_2')),
      done(3, call('f', '{}')),
    )
    assert.ok(!afterSearch[0]?.includes('rs_1') && afterSearch[0]?.includes('rs_2'))
  })

  it('is of use to who made it alone', () => {
    const inits = read(done(0, thinking('rs_1')), done(1, call('f', '{}')), completed())
    assert.equal(back(inits).length, 2)
    assert.deepEqual(back(inits, '', endpoint({ customHost: 'https://another.example/v1' })), [call('f', '{}')])
  })

  it('is nothing if somebody made it up', () => {
    const real = read(done(0, thinking('rs_1')), done(1, call('f', '{}')), completed())
    const [{ state = '' } = {}] = real.flatMap(({ toolCalls = [] }) => toolCalls)
    const owned = state.slice(0, state.indexOf('['))
    for (const made of [
      `${owned}{`,
      `${owned}null`,
      `${owned}[{"text":-1},{"type":"reasoning"},1]`,
      'openai-responses',
    ]) {
      const inits = [{ toolCalls: [{ key: 0, id: 'call_f', name: 'f', arguments: '{}', state: made }] }]
      assert.deepEqual(back(inits), [call('f', '{}')])
    }
  })

  it('is given up where there is too much of it', () => {
    const huge = { ...thinking('rs_1'), encrypted_content: 'x'.repeat(300_000) }
    const inits = read(done(0, huge), done(1, call('f', '{}')), completed())
    assert.deepEqual(back(inits), [call('f', '{}')])
    const decoder = openai.decoder(request, endpoint())
    for (const each of events(done(0, thinking('rs_1')))) [...decoder.decode(each)]
    assert.ok((decoder.kept?.() ?? 0) > 20)
  })
})
