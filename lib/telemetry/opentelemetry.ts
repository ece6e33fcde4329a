import type { MeterProvider, TracerProvider } from '@opentelemetry/api'
import { combineHooks } from '../hooks.ts'
import type { Hooks } from '../options.ts'
import { metricHooks } from './metrics.ts'
import { spanHooks } from './spans.ts'

export interface TelemetryOptions {
  /**
   * Records prompts and answers in the spans, at most 64 KB of text each. A provider's error messages, which may quote the
   * prompt, are not recorded even then. @default false
   */
  recordContent?: boolean
  /** Keys of the metadata that become labels of the metrics: a team, a plan; nothing with many values. @default none */
  metricMetadata?: readonly string[]
  /** @default the one that is registered with the API */
  tracerProvider?: TracerProvider
  /** @default the one that is registered with the API */
  meterProvider?: MeterProvider
}

/**
 * Hooks that report each request to OpenTelemetry: a span for it and one for each attempt, and metrics, by the conventions for
 * generative AI. The names are in `docs/telemetry.md`. Give them to `streamgate` as options, or combine them with your own by `combineHooks`.
 * Needs an SDK that the application has registered; without one nothing is recorded.
 *
 * @example
 * streamgate(config, openTelemetry({ metricMetadata: ['team'] }))
 */
export function openTelemetry(options: TelemetryOptions = {}): Hooks {
  const { recordContent = false, metricMetadata = [], tracerProvider, meterProvider } = options
  return combineHooks(spanHooks(tracerProvider, recordContent), metricHooks(meterProvider, metricMetadata))
}
