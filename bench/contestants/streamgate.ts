/** Streamgate mounted in an Express app, as the README has it. */
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, BatchSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-base'
import express from 'express'
import type { Options } from '../../lib/index.ts'
import type { Content, Dialect } from '../bodies/body.ts'
import { ready } from '../ipc.ts'
import { configOf, type Scenario } from './configs.ts'

/** The checkout whose streamgate takes part: another one is compared with this by `--before`. */
const root = new URL(`${process.env.BENCH_LIB ?? new URL('../..', import.meta.url).pathname}/`, 'file://')
const { streamgate } = (await import(new URL('lib/index.ts', root).href)) as typeof import('../../lib/index.ts')
const { openTelemetry } = (await import(
  new URL('lib/telemetry/opentelemetry.ts', root).href
)) as typeof import('../../lib/telemetry/opentelemetry.ts')

const { upstream, dialect, content, scenario } = JSON.parse(process.argv[2] as string) as {
  upstream: string
  dialect: Dialect
  content: Content
  scenario: Scenario
}

/** Does what a counter of metrics does. */
function hooks(): Options {
  const counts = { attempts: 0, chunks: 0, characters: 0, tokens: 0, requests: 0, milliseconds: 0 }
  return {
    onAttemptStart: () => {
      counts.attempts += 1
    },
    onChunk: (chunk) => {
      counts.chunks += 1
      counts.characters += chunk.choices[0]?.delta.content?.length ?? 0
    },
    onAttemptEnd: ({ usage, timings }) => {
      counts.tokens += usage?.total_tokens ?? 0
      counts.milliseconds += timings.total
    },
    onFinish: () => {
      counts.requests += 1
    },
  }
}

/** Spans and metrics go as far as an SDK takes them; what would be sent is dropped. */
function telemetry(): Options {
  const exporter: SpanExporter = { export: (_spans, done) => done({ code: 0 }), shutdown: async () => {} }
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] })
  const meterProvider = new MeterProvider({ readers: [new PrometheusExporter({ preventServerStart: true })] })
  return openTelemetry({ tracerProvider, meterProvider })
}

const OPTIONS: Partial<Record<Scenario, () => Options>> = { hooks, telemetry }

const app = express()
app.use('/v1', streamgate(configOf({ upstream, dialect, content, scenario }), OPTIONS[scenario]?.()))
const server = http.createServer(app)
server.keepAliveTimeout = 600_000
server.listen(0, '127.0.0.1', 4096)
await once(server, 'listening')
ready({ port: (server.address() as AddressInfo).port })
