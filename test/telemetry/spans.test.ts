import assert from 'node:assert/strict'
import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { openTelemetry } from '../../lib/telemetry/opentelemetry.ts'
import { chat, HELLO, open } from '../helpers/client.ts'
import { cleanup, fallback, gateway, target } from '../helpers/gateway.ts'
import { answer, openaiChunk, type Reply, ROLE, STOP, scripted, text, USAGE } from '../helpers/upstream.ts'
import { recorded } from './recorded.ts'

const FAILS: Reply = {
  status: 503,
  headers: { 'x-request-id': 'up-1' },
  chunks: ['{"error":{"message":"busy with SECRET","code":"overloaded"}}'],
}
const TRACE = '0af7651916cd43dd8448eb211c80319c'
const PARENT = { traceparent: `00-${TRACE}-b7ad6b7169203331-01` }

describe('spans', () => {
  const opened = cleanup()
  const sdk = recorded()
  const named = (name: string) =>
    sdk()
      .spans()
      .filter((span) => span.name === name)

  it('of a prompt for a completion, whose attempts are chats', async () => {
    const up = await opened(scripted({ chunks: answer('fine') }))
    const gate = await opened(gateway(target(up.url), openTelemetry()))
    const body = JSON.stringify({ model: 'm', prompt: 'hi' })
    const response = await fetch(`${gate.url}/v1/completions`, { method: 'POST', body })
    assert.equal(response.status, 200)
    await gate.finished()
    const [request] = named('streamgate text_completion')
    assert.equal(request?.attributes['streamgate.dialect'], 'completions')
    assert.equal(named('chat m').length, 1)
  })

  it('of a request and, in it, of each of its attempts', async () => {
    const [bad, good] = [await opened(scripted(FAILS)), await opened(scripted({ chunks: answer('fine') }))]
    const config = fallback(target(bad.url, { name: 'first' }), target(good.url, { name: 'second' }))
    const gate = await opened(gateway(config, openTelemetry()))
    const { headers } = await chat(gate.url, { ...HELLO, temperature: 0.5, max_completion_tokens: 9 })
    await gate.finished()

    const [request] = named('streamgate chat')
    assert.equal(request?.kind, SpanKind.SERVER)
    assert.equal(request.status.code, SpanStatusCode.UNSET)
    assert.equal(headers['x-streamgate-trace-id'], request.spanContext().traceId)
    const { 'gen_ai.response.time_to_first_chunk': first, ...attributes } = request.attributes
    assert.ok(Number(first) > 0)
    assert.deepEqual(attributes, {
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': 'm',
      'gen_ai.request.stream': true,
      'gen_ai.request.temperature': 0.5,
      'gen_ai.request.max_tokens': 9,
      'streamgate.dialect': 'chat-completions',
      'streamgate.request.id': headers['x-request-id'],
      'streamgate.outcome': 'whole',
      'streamgate.target': 'second',
      'streamgate.attempts': 2,
      'streamgate.retries': 0,
      'streamgate.fallbacks': 1,
      'streamgate.hedges': 0,
      'streamgate.restarts': 0,
      'streamgate.recoveries': 0,
      'streamgate.truncated': false,
    })

    const [failed, whole] = named('chat m')
    for (const attempt of [failed, whole]) {
      assert.equal(attempt?.parentSpanContext?.spanId, request.spanContext().spanId)
      assert.equal(attempt?.kind, SpanKind.CLIENT)
    }
    assert.equal(failed?.status.code, SpanStatusCode.ERROR)
    assert.deepEqual(failed.attributes, {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'm',
      'streamgate.target': 'first',
      'streamgate.provider.request.id': 'up-1',
      'streamgate.request.id': headers['x-request-id'],
      'streamgate.attempt': 1,
      'streamgate.attempt.reason': 'first',
      'streamgate.attempt.resume': 'fresh',
      'streamgate.outcome': 'failed',
      'streamgate.chunks': 0,
      'http.response.status_code': 503,
      'error.type': '503',
    })
    assert.equal(whole?.status.code, SpanStatusCode.UNSET)
    const { 'gen_ai.response.time_to_first_chunk': chunk, 'gen_ai.response.id': id, ...told } = whole.attributes
    assert.ok(Number(chunk) > 0)
    assert.match(String(id), /^chatcmpl-/)
    assert.deepEqual(told, {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'm',
      'gen_ai.response.model': 'gpt-up',
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.usage.input_tokens': 3,
      'gen_ai.usage.output_tokens': 2,
      'streamgate.target': 'second',
      'streamgate.request.id': headers['x-request-id'],
      'streamgate.attempt': 2,
      'streamgate.attempt.reason': 'fallback',
      'streamgate.attempt.resume': 'fresh',
      'streamgate.outcome': 'whole',
      'streamgate.chunks': told['streamgate.chunks'],
    })
  })

  it('belong to the trace that the client names', async () => {
    const up = await opened(scripted({ chunks: answer('fine') }))
    const gate = await opened(gateway(target(up.url), openTelemetry()))
    const { headers } = await chat(gate.url, HELLO, PARENT)
    await gate.finished()
    const [request] = named('streamgate chat')
    assert.equal(request?.spanContext().traceId, TRACE)
    assert.equal(request?.parentSpanContext?.spanId, 'b7ad6b7169203331')
    assert.equal(headers['x-streamgate-trace-id'], TRACE)
    // It is the client's, and none of the provider's business.
    assert.equal(up.requests[0]?.headers.traceparent, undefined)
  })

  it("stand in the application's own, if it has one", async () => {
    const up = await opened(scripted({ chunks: answer('fine') }))
    const hooks = openTelemetry()
    const outer = trace.getTracer('app').startSpan('POST /v1')
    const gate = await opened(
      gateway(target(up.url), {
        ...hooks,
        onRequest: (request) => context.with(trace.setSpan(context.active(), outer), () => hooks.onRequest?.(request)),
      }),
    )
    await chat(gate.url, HELLO, PARENT)
    await gate.finished()
    const [request] = named('streamgate chat')
    assert.equal(request?.kind, SpanKind.INTERNAL)
    assert.equal(request?.parentSpanContext?.spanId, outer.spanContext().spanId)
    outer.end()
  })

  it('tell how a broken answer went on', async () => {
    const bad = await opened(scripted({ chunks: [ROLE, text('Hello')], finish: 'reset' }))
    const good = await opened(scripted({ chunks: answer('Hello there') }))
    const config = { ...fallback(target(bad.url), target(good.url)), mid_stream: 'restart' }
    const gate = await opened(gateway(config, openTelemetry()))
    await chat(gate.url)
    await gate.finished()
    const [failed, whole] = named('chat m')
    assert.equal(failed?.attributes['error.type'], 'truncated')
    assert.equal(whole?.attributes['streamgate.attempt.resumed'], 'splice')
    assert.deepEqual(
      whole?.events.map(({ name }) => name),
      ['streamgate.splice'],
    )
    assert.equal(named('streamgate chat')[0]?.attributes['streamgate.recoveries'], 1)
  })

  it('tell of a failed, of a rejected and of an abandoned request', async () => {
    const up = await opened(scripted(FAILS, { chunks: [ROLE, text('a')], finish: 'hang' }))
    const gate = await opened(gateway(target(up.url), openTelemetry()))
    await chat(gate.url)
    await chat(gate.url, '{')
    const response = await open(gate.url)
    response.once('data', () => response.destroy())
    await gate.finished(3)
    const told = named('streamgate chat').map(({ attributes, status }) => [
      attributes['streamgate.outcome'],
      attributes['error.type'],
      status.code,
    ])
    assert.deepEqual(told, [
      ['failed', '503', SpanStatusCode.ERROR],
      ['rejected', 'request', SpanStatusCode.ERROR],
      ['aborted', undefined, SpanStatusCode.UNSET],
    ])
    assert.equal(named('chat m').length, 2)
  })

  it('hold the metadata, and the ids among them under their own names', async () => {
    const up = await opened(scripted({ chunks: answer('fine') }))
    const gate = await opened(gateway({ ...target(up.url), metadata: { team: 'blue', deep: {} } }, openTelemetry()))
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`k${index}`, 'x'.repeat(600)]))
    const headers = { 'x-portkey-metadata': '{"_user":"u-1","session_id":"s-1"}' }
    await chat(gate.url, { ...HELLO, metadata: many }, headers)
    await gate.finished()
    const attributes = named('chat m')[0]?.attributes ?? {}
    assert.deepEqual(
      ['streamgate.metadata.team', 'streamgate.metadata._user', 'user.id', 'session.id'].map((key) => attributes[key]),
      ['blue', 'u-1', 'u-1', 's-1'],
    )
    assert.equal(attributes['streamgate.metadata.k0'], 'x'.repeat(512))
    assert.equal(Object.keys(attributes).filter((key) => key.startsWith('streamgate.metadata.')).length, 32)
  })

  describe('of prompts and answers', () => {
    const body = {
      ...HELLO,
      messages: [
        { role: 'system', content: 'Be SECRET.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'my SECRET' },
            { type: 'image_url', image_url: { url: 'https://x/SECRET' } },
          ],
        },
        {
          role: 'assistant',
          tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{"a":"SECRET"}' } }],
        },
        { role: 'tool', tool_call_id: 'c1', content: 'SECRET' },
      ],
    }
    const call = openaiChunk({
      tool_calls: [{ index: 0, id: 'c2', type: 'function', function: { name: 'g', arguments: '{"b":"SECRET"}' } }],
    })
    const chunks = [
      ROLE,
      openaiChunk({ reasoning_content: 'hm SECRET' }),
      text('my '),
      text('SECRET'),
      call,
      STOP,
      USAGE,
      'data: [DONE]\n\n',
    ]

    it('hold nothing unless asked', async () => {
      const up = await opened(scripted(FAILS, { chunks }))
      const gate = await opened(gateway({ ...target(up.url), retry: { attempts: 1 } }, openTelemetry()))
      await chat(gate.url, { ...body, stop: 'SECRET', user: 'SECRET' })
      await gate.finished()
      const told = sdk()
        .spans()
        .map(({ attributes, status, events }) => ({ attributes, status, events }))
      assert.equal(told.length, 3)
      assert.doesNotMatch(JSON.stringify(told), /SECRET/)
    })

    it('hold them, if asked, in the form of the conventions', async () => {
      const up = await opened(scripted({ chunks }))
      const gate = await opened(gateway(target(up.url), openTelemetry({ recordContent: true })))
      await chat(gate.url, body)
      await gate.finished()
      const input = String(named('streamgate chat')[0]?.attributes['gen_ai.input.messages'])
      assert.deepEqual(JSON.parse(input), [
        { role: 'system', parts: [{ type: 'text', content: 'Be SECRET.' }] },
        { role: 'user', parts: [{ type: 'text', content: 'my SECRET' }, { type: 'image_url' }] },
        { role: 'assistant', parts: [{ type: 'tool_call', id: 'c1', name: 'f', arguments: '{"a":"SECRET"}' }] },
        { role: 'tool', parts: [{ type: 'tool_call_response', id: 'c1', response: '"SECRET"' }] },
      ])
      const output = String(named('chat m')[0]?.attributes['gen_ai.output.messages'])
      const [message, ...others] = JSON.parse(output)
      assert.deepEqual(others, [])
      const [reasoning, said, called] = message.parts
      assert.deepEqual([message.role, message.finish_reason], ['assistant', 'tool_calls'])
      assert.deepEqual(reasoning, { type: 'reasoning', content: 'hm SECRET' })
      assert.deepEqual(said, { type: 'text', content: 'my SECRET' })
      assert.deepEqual([called.type, called.name, called.arguments], ['tool_call', 'g', '{"b":"SECRET"}'])
    })

    it('hold 64 KB of text at most', async () => {
      const long = 'x'.repeat(70_000)
      const up = await opened(scripted({ chunks: answer(long) }))
      const gate = await opened(gateway(target(up.url), openTelemetry({ recordContent: true })))
      await chat(gate.url, { ...HELLO, messages: [{ role: 'user', content: long }] })
      await gate.finished()
      const input = JSON.parse(String(named('streamgate chat')[0]?.attributes['gen_ai.input.messages']))
      const output = JSON.parse(String(named('chat m')[0]?.attributes['gen_ai.output.messages']))
      for (const [{ parts }] of [input, output]) assert.equal(parts[0].content.length, 65_536)
    })
  })

  it('cost nothing at a chunk', () => {
    assert.equal(openTelemetry().onChunk, undefined)
  })
})
