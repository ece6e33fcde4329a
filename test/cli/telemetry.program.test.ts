import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { labelled, metricsPage, startTelemetry } from '../../lib/cli/telemetry.ts'
import { cleanUp, standalone } from '../examples/process.ts'
import { chat, serve } from '../helpers/client.ts'
import { cleanup, gateway, target } from '../helpers/gateway.ts'
import { answer, scripted } from '../helpers/upstream.ts'

const log = { warn() {}, error() {} }
const missing = async () => {
  throw Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' })
}
const run = promisify(execFile)

/** What a process of its own sends a collector, and what it prints. */
async function child(env: Record<string, string>) {
  const path = new URL('telemetry-child.ts', import.meta.url).pathname
  const { PATH, NODE_COMPILE_CACHE } = process.env
  return run(process.execPath, [path], { env: { PATH, NODE_COMPILE_CACHE, ...env } })
}

describe("the standalone's telemetry", function () {
  // Processes that load an SDK.
  this.timeout(60_000)
  const opened = cleanup()

  it('gives Prometheus its text without being asked', async () => {
    const telemetry = await startTelemetry({}, { log })
    const up = await opened(scripted({ chunks: answer('fine') }))
    const gate = await opened(gateway(target(up.url, { name: 'a' }), telemetry.hooks))
    await chat(gate.url)
    await gate.finished()
    const text = (await telemetry.metrics?.()) ?? ''
    assert.match(text, /^# TYPE streamgate_requests_total counter$/m)
    assert.match(text, /^streamgate_requests_total\{[^}]*streamgate_target="a"[^}]*\} 1$/m)
    assert.match(text, /^gen_ai_client_operation_duration_bucket\{[^}]*le="0.01"\}/m)
    assert.doesNotMatch(text, /target_info|otel_scope/)
    await telemetry.stop()
  })

  it('tells whose of several processes the metrics are', async () => {
    const telemetry = await startTelemetry({}, { log, worker: 3 })
    telemetry.hooks.onCircuit?.({ target: 'a', state: 'open', before: 'closed' })
    const text = (await telemetry.metrics?.()) ?? ''
    assert.match(text, /^streamgate_circuit_state\{worker="3",streamgate_target="a"\} 2$/m)
    assert.match(text, /^streamgate_active_requests\{worker="3"\} 0$/m)
    for (const line of text.split('\n')) assert.match(line, /^(#.*|[\w:]+\{worker="3"[,}].*|)$/)
  })

  const lines: [line: string, labelled: string][] = [
    ['a 1', 'a{w="1"} 1'],
    ['a{} 1', 'a{w="1"} 1'],
    ['a{b="c"} 1', 'a{w="1",b="c"} 1'],
    ['a{b="} 1",c="{"} 1 2', 'a{w="1",b="} 1",c="{"} 1 2'],
    ['# HELP a b 1', '# HELP a b 1'],
    ['', ''],
  ]
  for (const [line, expected] of lines) {
    it(`puts a label into ${JSON.stringify(line)}`, () => {
      assert.equal(labelled(`${line}\n${line}`, 'w="1"'), `${expected}\n${expected}`)
    })
  }

  it('sends spans and metrics where the usual variables say', async () => {
    const collector = await opened(
      scripted({ status: 200, headers: { 'content-type': 'application/json' }, chunks: ['{}'] }),
    )
    const { stdout } = await child({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      // Of the two only one is an exporter to be started: nothing listens at a port of its own.
      OTEL_METRICS_EXPORTER: 'prometheus, otlp',
    })
    assert.match(stdout, /streamgate_requests_total/)
    const bodies = (path: string) =>
      collector.requests
        .filter(({ url }) => url === path)
        .map(({ body }) => body)
        .join('')
    const spans = bodies('/v1/traces')
    for (const name of ['"streamgate chat"', '"chat m"', '"service.name"', '"streamgate"'])
      assert.ok(spans.includes(name), name)
    assert.match(bodies('/v1/metrics'), /"streamgate\.requests"/)
    assert.equal(bodies('/v1/logs'), '')
  })

  it('goes by the name that the environment gives it, and tells of a collector that cannot be reached', async () => {
    const { stdout, stderr } = await child({
      OTEL_TRACES_EXPORTER: 'console,otlp',
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_SERVICE_NAME: 'edge',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
      OTEL_EXPORTER_OTLP_TIMEOUT: '500',
    })
    assert.match(stdout, /edge/)
    assert.match(stdout, /streamgate_requests_total/)
    assert.match(stderr, /ECONNREFUSED|export/i)
  })

  it('is off where the SDK is disabled', async () => {
    const telemetry = await startTelemetry({ OTEL_SDK_DISABLED: 'TRUE', OTEL_TRACES_EXPORTER: 'otlp' }, { log })
    assert.deepEqual([telemetry.hooks, telemetry.metrics], [{}, undefined])
    await telemetry.stop()
  })

  it('says what to install, if that is asked for', async () => {
    const packages = { sdk: missing, prometheus: missing }
    const none = await startTelemetry({ OTEL_METRICS_EXPORTER: 'prometheus' }, { log, packages })
    assert.equal(none.metrics, undefined)
    assert.deepEqual(Object.keys(none.hooks).includes('onChunk'), false)
    for (const name of [
      'OTEL_EXPORTER_OTLP_ENDPOINT',
      'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
      'OTEL_TRACES_EXPORTER',
      'OTEL_METRICS_EXPORTER',
    ]) {
      await assert.rejects(startTelemetry({ [name]: 'otlp' }, { log, packages }), /npm install .*sdk-node/)
    }
  })

  it('does not hide another fault of a package', async () => {
    const broken = async () => {
      throw new Error('broken')
    }
    await assert.rejects(startTelemetry({}, { log, packages: { sdk: broken, prometheus: broken } }), /broken/)
  })
})

describe('GET /metrics', () => {
  const opened = cleanup()
  afterEach(cleanUp)
  const get = async (metrics: Parameters<typeof metricsPage>[0]) => {
    const page = metricsPage(metrics)
    const { url } = await opened(serve((req, res) => page(req, res)))
    const response = await fetch(`${url}/metrics`)
    return { status: response.status, type: response.headers.get('content-type'), body: await response.text() }
  }

  it("answers in Prometheus' format", async () => {
    const type = 'text/plain; version=0.0.4; charset=utf-8'
    assert.deepEqual(await get(async () => 'a 1\n'), { status: 200, type, body: 'a 1\n' })
  })

  it('is there in the standalone, which sends what is left when it is told to stop', async () => {
    const collector = await opened(
      scripted({ status: 200, headers: { 'content-type': 'application/json' }, chunks: ['{}'] }),
    )
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }
    const program = await standalone([], { env })
    const { headers } = await chat(program.url)
    const response = await fetch(`${program.url}/metrics`)
    assert.match(await response.text(), /^streamgate_requests_total\{.*streamgate_outcome="whole".*\} 1$/m)
    program.child.kill('SIGTERM')
    assert.equal(await program.exited, 0)
    const traces = collector.requests.filter(({ url }) => url === '/v1/traces').map(({ body }) => body)
    assert.ok(traces.join('').includes(String(headers['x-request-id'])))
  }).timeout(60_000)

  it('says what to install where there are none, or what has switched them off', async () => {
    const telemetry = await startTelemetry({ OTEL_SDK_DISABLED: 'true' }, { log })
    const { status, body } = await get(telemetry.metrics)
    assert.equal(status, 404)
    assert.match(JSON.parse(body).error.message, /OTEL_SDK_DISABLED is set.*npm install .*exporter-prometheus/)
  })

  it('is a 500 if they cannot be collected', async () => {
    const { status, body } = await get(() => Promise.reject(new Error('secret')))
    assert.equal(status, 500)
    assert.doesNotMatch(body, /secret/)
  })
})
