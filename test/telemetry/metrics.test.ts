import assert from 'node:assert/strict'
import { once } from 'node:events'
import { openTelemetry, type TelemetryOptions } from '../../lib/telemetry/opentelemetry.ts'
import { chat, HELLO, open } from '../helpers/client.ts'
import { cleanup, fallback, type Gateway, gateway, target } from '../helpers/gateway.ts'
import { answer, type Reply, ROLE, scripted, text, USAGE } from '../helpers/upstream.ts'
import { type Point, recorded } from './recorded.ts'

const FAILS: Reply = { status: 503, chunks: ['{"error":{"message":"busy"}}'] }

describe('metrics', () => {
  const opened = cleanup()
  const sdk = recorded()
  const up = (...replies: Reply[]) => opened(scripted(...replies))
  const listen = (config: unknown, options: TelemetryOptions = {}): Promise<Gateway> =>
    opened(gateway(config, openTelemetry({ meterProvider: sdk().meterProvider, ...options })))
  const read = async (name: string, ...keys: string[]) => {
    const points = (await sdk().metrics())[name] ?? []
    return points.map(({ attributes, value, count }) => [...keys.map((key) => attributes[key]), count ?? value])
  }

  it('count requests, attempts and why they were made', async () => {
    const [bad, good] = [await up(FAILS), await up({ chunks: answer('fine') })]
    const gate = await listen(
      fallback(target(bad.url, { name: 'a', retry: { attempts: 1 } }), target(good.url, { name: 'b' })),
    )
    await chat(gate.url)
    await chat(gate.url, '{')
    await gate.finished(2)
    const outcome = 'streamgate.outcome'
    assert.deepEqual(await read('streamgate.requests', outcome, 'streamgate.target'), [
      ['whole', 'b', 1],
      ['rejected', undefined, 1],
    ])
    assert.deepEqual(await read('streamgate.attempts', 'streamgate.target', outcome, 'error.type'), [
      ['a', 'failed', '503', 2],
      ['b', 'whole', undefined, 1],
    ])
    assert.deepEqual(await read('streamgate.retries', 'streamgate.target'), [['a', 1]])
    assert.deepEqual(await read('streamgate.fallbacks', 'streamgate.target'), [['b', 1]])
    assert.deepEqual(await read('streamgate.active_requests'), [[0]])
  })

  it('time attempts and requests, and count tokens', async () => {
    const { url } = await up({ chunks: answer('fine ', 'words ', 'here') })
    const gate = await listen(target(url))
    await chat(gate.url)
    await gate.finished()
    const all = await sdk().metrics()
    const seconds = (name: string) => all[name]?.[0] as Point
    const names = ['operation.duration', 'operation.time_to_first_chunk', 'operation.time_per_output_chunk']
    for (const name of [
      ...names.map((each) => `gen_ai.client.${each}`),
      'gen_ai.server.request.duration',
      'gen_ai.server.time_to_first_token',
    ]) {
      const { count, value, attributes } = seconds(name)
      assert.equal(count, 1, name)
      assert.ok(value > 0 && value < 60, `${name}: ${value} s`)
      assert.deepEqual(attributes, {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'openai',
        'gen_ai.request.model': 'm',
        'streamgate.target': 'openai',
        ...(name.startsWith('gen_ai.server') && { 'streamgate.dialect': 'chat-completions' }),
      })
    }
    const [whole, first] = [
      seconds('gen_ai.client.operation.duration'),
      seconds('gen_ai.client.operation.time_to_first_chunk'),
    ]
    assert.ok(first.value <= whole.value)
    const tokens = (all['gen_ai.client.token.usage'] ?? []).map(({ attributes, value }) => [
      attributes['gen_ai.token.type'],
      value,
    ])
    assert.deepEqual(tokens, [
      ['input', 3],
      ['output', 2],
    ])
    assert.equal(all['streamgate.wasted_tokens'], undefined)
  })

  it('count what was saved, what was lost and what was wasted', async () => {
    const broken: Reply = { chunks: [ROLE, text('Hello'), USAGE], finish: 'reset' }
    const [first, second] = [
      await up(broken),
      await up({ chunks: answer('Hello there') }, { chunks: answer('Another') }, { ...broken, finish: 'cut' }),
    ]
    const targets = fallback(target(first.url, { name: 'a' }), target(second.url, { name: 'b' }))
    const gate = await listen({ ...targets, mid_stream: 'restart' })
    for (let request = 0; request < 3; request += 1) await chat(gate.url)
    await gate.finished(3)
    // The third went on once, and was lost all the same.
    assert.deepEqual(await read('streamgate.recoveries'), [[1]])
    assert.deepEqual(await read('streamgate.restarts'), [[1]])
    assert.deepEqual(await read('streamgate.truncations'), [[1]])
    assert.deepEqual(await read('streamgate.wasted_tokens', 'streamgate.target', 'gen_ai.token.type'), [
      ['a', 'input', 9],
      ['a', 'output', 6],
      ['b', 'input', 3],
      ['b', 'output', 2],
    ])
  })

  it('count clients that left, and requests under way', async () => {
    const { url } = await up({ chunks: [ROLE, text('a')], finish: 'hang' })
    const gate = await listen(target(url))
    const response = await open(gate.url)
    await once(response, 'data')
    assert.deepEqual(await read('streamgate.active_requests'), [[1]])
    response.destroy()
    await gate.finished()
    assert.deepEqual(await read('streamgate.active_requests'), [[0]])
    assert.deepEqual(await read('streamgate.aborted_clients'), [[1]])
  })

  it('count attempts beside a late one', async () => {
    const [slow, quick] = [await up({ chunks: [ROLE], finish: 'hang' }), await up({ chunks: answer('fine') })]
    const targets = [target(slow.url, { name: 'slow' }), target(quick.url, { name: 'quick' })]
    const gate = await listen({ strategy: { mode: 'hedge', delay: 30, max_extra: 1 }, targets })
    await chat(gate.url)
    await gate.finished()
    assert.deepEqual(await read('streamgate.hedges', 'streamgate.target'), [['quick', 1]])
  })

  it('show the circuit of each target', async () => {
    const { url } = await up({ chunks: answer('fine') }, FAILS)
    const breaker = { cb_config: { failure_threshold: 1 } }
    const gate = await listen(target(url, { name: 'a', ...breaker }))
    await chat(gate.url)
    assert.deepEqual(await read('streamgate.circuit.state', 'streamgate.target'), [['a', 0]])
    await chat(gate.url)
    assert.deepEqual(await read('streamgate.circuit.state', 'streamgate.target'), [['a', 2]])
  })

  it('are told apart by the metadata that the application names, and by no other', async () => {
    const { url } = await up({ chunks: answer('fine') })
    const gate = await listen(target(url), { metricMetadata: ['team'] })
    await chat(gate.url, { ...HELLO, metadata: { team: 'blue', user: 'u' } })
    await chat(gate.url)
    await gate.finished(2)
    const [blue, none] = (await sdk().metrics())['streamgate.requests'] ?? []
    assert.equal(blue?.attributes['streamgate.metadata.team'], 'blue')
    assert.equal(none?.attributes['streamgate.metadata.team'], undefined)
    assert.doesNotMatch(JSON.stringify(await sdk().metrics()), /user/)
  })

  it('have no more time series than there are names, though clients choose the models', async () => {
    const hooks = openTelemetry({ meterProvider: sdk().meterProvider })
    const { url } = await up({ chunks: answer('fine') })
    const gate = await opened(gateway(target(url), hooks))
    await chat(gate.url)
    const outcome = await gate.finished()
    for (let index = 0; index < 500; index += 1) hooks.onFinish?.({ ...outcome, model: `made-up-${index}` })
    const models = (await sdk().metrics())['streamgate.requests']?.map(
      ({ attributes }) => attributes['gen_ai.request.model'],
    )
    assert.equal(models?.length, 201)
    assert.equal(models?.filter((model) => model === '_OTHER').length, 1)
  })
})
