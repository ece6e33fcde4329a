/** Streamgate mounted in an Express app, as the README has it. */
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, BatchSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-base'
import express from 'express'
import { type Options, type StreamgateConfig, streamgate, type TargetConfig } from '../../lib/index.ts'
import { openTelemetry } from '../../lib/telemetry/opentelemetry.ts'
import { ready } from '../ipc.ts'
import type { Dialect } from '../wire.ts'

export type Scenario = 'plain' | 'hooks' | 'telemetry' | 'fallback' | 'restart' | 'hedge' | 'hedge-late'

const { upstream, dialect, scenario } = JSON.parse(process.argv[2] as string) as {
  upstream: string
  dialect: Dialect
  scenario: Scenario
}

function target(path = ''): TargetConfig {
  const host = upstream + path
  switch (dialect) {
    case 'openai':
    case 'anthropic':
      return { provider: dialect, api_key: 'key', custom_host: `${host}/v1` }
    case 'gemini':
    case 'gemini-array':
      return { provider: 'google', api_key: 'key', custom_host: host }
    case 'cohere':
      return { provider: 'cohere', api_key: 'key', api_version: 'v1', custom_host: host }
    case 'bedrock':
      return { provider: 'bedrock', api_key: 'key', aws_region: 'us-east-1', custom_host: host }
  }
}

const CONFIGS: Record<Scenario, () => StreamgateConfig> = {
  plain: () => target(),
  hooks: () => target(),
  telemetry: () => target(),
  fallback: () => ({ strategy: { mode: 'fallback' }, targets: [target('/fail'), target()] }),
  restart: () => ({ strategy: { mode: 'fallback' }, targets: [target('/cut'), target()] }),
  hedge: () => ({ strategy: { mode: 'hedge', delay: 1000, max_extra: 1 }, targets: [target(), target()] }),
  'hedge-late': () => ({ strategy: { mode: 'hedge', delay: 10, max_extra: 1 }, targets: [target('/late'), target()] }),
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
app.use('/v1', streamgate(CONFIGS[scenario](), OPTIONS[scenario]?.()))
const server = http.createServer(app)
server.keepAliveTimeout = 600_000
server.listen(0, '127.0.0.1', 4096)
await once(server, 'listening')
ready({ port: (server.address() as AddressInfo).port })
