import { context, propagation, trace } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { node } from '@opentelemetry/sdk-node'
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'

/** A data point: its attributes, and a number, or the sum of a histogram. */
export interface Point {
  attributes: Record<string, unknown>
  value: number
  /** Of a histogram. */
  count?: number
}

export interface Recorded {
  tracerProvider: node.NodeTracerProvider
  meterProvider: MeterProvider
  spans(): ReadableSpan[]
  /** By the name of the metric. */
  metrics(): Promise<Record<string, Point[]>>
}

/** SDKs that keep what they are told, registered with the API for the tests of a suite, as an application does it. */
export function recorded(): () => Recorded {
  let current: Recorded
  beforeEach(() => {
    const exporter = new InMemorySpanExporter()
    const tracerProvider = new node.NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
    tracerProvider.register()
    const reader = new PeriodicExportingMetricReader({
      exporter: new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE),
      exportIntervalMillis: 2 ** 30,
    })
    current = {
      tracerProvider,
      meterProvider: new MeterProvider({ readers: [reader] }),
      spans: () => exporter.getFinishedSpans(),
      async metrics() {
        const { resourceMetrics } = await reader.collect()
        const all = resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics)
        return Object.fromEntries(
          all.map(({ descriptor, dataPoints }) => [
            descriptor.name,
            dataPoints.map(({ attributes, value }) =>
              typeof value === 'number'
                ? { attributes, value }
                : { attributes, value: value.sum ?? 0, count: value.count },
            ),
          ]),
        )
      },
    }
  })
  afterEach(async () => {
    await current.tracerProvider.shutdown()
    await current.meterProvider.shutdown()
    trace.disable()
    context.disable()
    propagation.disable()
  })
  return () => current
}
