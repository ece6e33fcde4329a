import type { RequestListener } from 'node:http'
import { apiError } from '../errors.ts'
import { combineHooks, type Hooks } from '../index.ts'
import { sendError } from '../middleware/client/send.ts'

export interface Telemetry {
  hooks: Hooks
  /** What `GET /metrics` answers, in Prometheus' text format; undefined if it is switched off, or its packages are not installed. */
  metrics: (() => Promise<string>) | undefined
  /** Sends what is not sent yet, for a few seconds at most. */
  stop(): Promise<void>
}

export interface TelemetryHost {
  /** Told of what cannot be sent. */
  log: Pick<Console, 'warn' | 'error'>
  /** Which of several processes this is: a label of all its metrics. */
  worker?: number
  /** The metadata that become labels of the metrics. */
  metricMetadata?: readonly string[]
  /** The optional packages. */
  packages?: Packages
}

type Api = typeof import('@opentelemetry/api')
type Sdk = typeof import('@opentelemetry/sdk-node')
type Metrics = typeof import('@opentelemetry/sdk-metrics')
type Prometheus = typeof import('@opentelemetry/exporter-prometheus')

interface Packages {
  sdk(): Promise<Pick<Api, 'diag' | 'DiagLogLevel'> & Pick<Sdk, 'NodeSDK'>>
  prometheus(): Promise<
    Pick<Metrics, 'MeterProvider'> & Pick<Prometheus, 'PrometheusExporter' | 'PrometheusSerializer'>
  >
}

/** Loaded only when asked for: few need them. */
const PACKAGES: Packages = {
  async sdk() {
    const { diag, DiagLogLevel } = await import('@opentelemetry/api')
    const { NodeSDK } = await import('@opentelemetry/sdk-node')
    return { diag, DiagLogLevel, NodeSDK }
  },
  async prometheus() {
    const { MeterProvider } = await import('@opentelemetry/sdk-metrics')
    const { PrometheusExporter, PrometheusSerializer } = await import('@opentelemetry/exporter-prometheus')
    return { MeterProvider, PrometheusExporter, PrometheusSerializer }
  },
}

const NO_METRICS =
  'There are no metrics: OTEL_SDK_DISABLED is set, or the packages for them are not installed ' +
  '(npm install @opentelemetry/api @opentelemetry/sdk-metrics @opentelemetry/exporter-prometheus).'

const NO_SDK =
  'the environment asks for OpenTelemetry (OTEL_…), whose packages are not installed: ' +
  'npm install @opentelemetry/api @opentelemetry/sdk-node'

/**
 * Starts what OpenTelemetry's usual variables ask for: nothing but the metrics of `GET /metrics` without them. Rejects with an
 * Error that tells what to install. `env` is the process's own, from which the SDK reads, too.
 */
export async function startTelemetry(env: NodeJS.ProcessEnv, host: TelemetryHost): Promise<Telemetry> {
  if (env.OTEL_SDK_DISABLED?.toLowerCase() === 'true') return { hooks: {}, metrics: undefined, async stop() {} }
  const exported = asksForExport(env) ? await startSdk(env, host) : undefined
  const scraped = await startMetrics(host)
  const hooks = [exported?.hooks, scraped?.hooks].filter((each) => each !== undefined)
  return {
    hooks: combineHooks(...hooks),
    metrics: scraped?.metrics,
    async stop() {
      await exported?.stop()
    },
  }
}

/** What answers `GET /metrics`; with many processes `metrics` is that of all of them. */
export function metricsPage(metrics: Telemetry['metrics']): RequestListener {
  if (metrics === undefined) return (_req, res) => sendError(res, apiError(404, NO_METRICS, { code: null }))
  return (_req, res) => {
    metrics().then(
      (text) => res.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text),
      () => sendError(res, apiError(500, 'The metrics could not be collected.')),
    )
  }
}

/** Whether something is to be sent somewhere. Metrics to be scraped need no asking. */
function asksForExport(env: NodeJS.ProcessEnv): boolean {
  const asked = Object.keys(env).filter((name) => ASKING.test(name) && env[name])
  return asked.some((name) => name !== 'OTEL_METRICS_EXPORTER' || exportersOf(env).length > 0)
}

const ASKING = /^OTEL_(EXPORTER_OTLP_.*ENDPOINT|TRACES_EXPORTER|METRICS_EXPORTER)$/

/** The exporters of metrics that are asked for, but for Prometheus: `GET /metrics` is there in any case. */
function exportersOf({ OTEL_METRICS_EXPORTER: list = '' }: NodeJS.ProcessEnv): string[] {
  return list.split(',').flatMap((name) => (name.trim() === 'prometheus' ? [] : name.trim() || []))
}

/** How long the last export may take. */
const LAST_EXPORT_MS = 5000

async function startSdk(env: NodeJS.ProcessEnv, { log, metricMetadata = [], packages = PACKAGES }: TelemetryHost) {
  const { NodeSDK, diag, DiagLogLevel } = await packages.sdk().catch((error: unknown) => {
    throw isMissing(error) ? new Error(NO_SDK) : error
  })
  const { openTelemetry } = await import('../telemetry/opentelemetry.ts')
  // Else it would listen at a port of its own, too.
  if (env.OTEL_METRICS_EXPORTER) env.OTEL_METRICS_EXPORTER = exportersOf(env).join(',') || 'none'
  const named = env.OTEL_SERVICE_NAME || /(^|,)\s*service\.name=/.test(env.OTEL_RESOURCE_ATTRIBUTES ?? '')
  const sdk = new NodeSDK({ ...(!named && { serviceName: 'streamgate' }), logRecordProcessors: [] })
  sdk.start()
  // A collector that cannot be reached is to be seen in the log.
  if (!env.OTEL_LOG_LEVEL) {
    const tell =
      (level: 'warn' | 'error') =>
      (message: string, ...more: unknown[]) =>
        log[level]({ more }, message)
    const quiet = () => {}
    const logger = { error: tell('error'), warn: tell('warn'), info: quiet, debug: quiet, verbose: quiet }
    diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true })
  }
  return {
    hooks: openTelemetry({ metricMetadata }),
    async stop() {
      const { promise: late, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, LAST_EXPORT_MS)
      await Promise.race([sdk.shutdown().catch((error: unknown) => log.error(error)), late])
      clearTimeout(timer)
    },
  }
}

async function startMetrics({ worker, metricMetadata = [], packages = PACKAGES }: TelemetryHost) {
  const loaded = await packages.prometheus().catch((error: unknown) => {
    if (isMissing(error)) return undefined
    throw error
  })
  if (loaded === undefined) return undefined
  const { MeterProvider, PrometheusExporter, PrometheusSerializer } = loaded
  const { metricHooks } = await import('../telemetry/metrics.ts')
  const exporter = new PrometheusExporter({ preventServerStart: true })
  const meterProvider = new MeterProvider({ readers: [exporter] })
  const serializer = new PrometheusSerializer(undefined, false, undefined, true, true)
  return {
    hooks: metricHooks(meterProvider, metricMetadata),
    async metrics() {
      const { resourceMetrics } = await exporter.collect()
      const text = serializer.serialize(resourceMetrics)
      return worker === undefined ? text : labelled(text, `worker="${worker}"`)
    },
  }
}

/** Prometheus' text with one label more in each line of a sample. */
export function labelled(text: string, label: string): string {
  return text.replaceAll(/^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? /gm, (_line, name: string, labels?: string) =>
    labels ? `${name}{${label},${labels}} ` : `${name}{${label}} `,
  )
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | undefined)?.code === 'ERR_MODULE_NOT_FOUND'
}
