import { type Attributes, type Counter, type MeterProvider, metrics } from '@opentelemetry/api'
import type { CircuitState } from '../breaker/breaker.ts'
import type { AttemptEnd, Hooks, Outcome } from '../options.ts'
import type { Usage } from '../types/chunk.ts'
import { attemptAttributes, bounded, dialectAttributes, errorType } from './attributes.ts'
import { ATTR, METRIC, OWN, providerName } from './names.ts'

/** Bounds of the buckets, as the conventions advise them. */
const SECONDS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92]
const FIRST_CHUNK = [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]
const EACH_CHUNK = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5]
const TOKENS = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864]

const STATES: Readonly<Record<CircuitState, number>> = { closed: 0, 'half-open': 1, open: 2 }

/** Different names of models, of targets and of each label, before all others are called the same. */
const MOST_NAMES = 200

/**
 * Counts requests and attempts, and times them. Does nothing at a chunk. `metadataKeys`: the metadata that become labels.
 */
export function metricHooks(meterProvider: MeterProvider | undefined, metadataKeys: readonly string[]): Hooks {
  const underWay = new Set<string>()
  const circuits = new Map<string, CircuitState>()
  const bounds = new Map<string, (text: string) => string>()
  const name = (kind: string, text: string): string => {
    const bound = bounds.get(kind) ?? bounded(MOST_NAMES)
    bounds.set(kind, bound)
    return bound(text)
  }
  const labels = (metadata: AttemptEnd['metadata']): Attributes =>
    Object.fromEntries(
      metadataKeys.flatMap((key) =>
        Object.hasOwn(metadata, key) ? [[OWN.metadata + key, name(OWN.metadata + key, String(metadata[key]))]] : [],
      ),
    )

  // Made when first used: the API gives no instruments to those who come before the application has registered its SDK.
  let made: Instruments | undefined
  const instruments = () => {
    made ??= instrumentsOf(meterProvider, underWay, circuits)
    return made
  }

  return {
    onRequest({ requestId }) {
      instruments()
      underWay.add(requestId)
    },
    onCircuit({ target, state }) {
      instruments()
      circuits.set(target, state)
    },
    onAttemptEnd(end) {
      const counters = instruments()
      const { provider, outcome, failure, timings, chunks, usage, reason } = end
      const target = name('target', end.target)
      const model = name('model', end.model)
      const key = end.key === undefined ? undefined : name('key', end.key)
      const common = {
        ...attemptAttributes({ provider, model, target, key, operation: end.operation }),
        ...labels(end.metadata),
      }
      const attributes = { ...common, ...(failure && outcome === 'failed' && { [ATTR.errorType]: errorType(failure) }) }
      counters.attempts.add(1, { ...attributes, [OWN.outcome]: outcome })
      if (reason === 'retry') counters.retries.add(1, common)
      if (reason === 'fallback') counters.fallbacks.add(1, common)
      if (reason === 'hedge') counters.hedges.add(1, common)
      for (const [type, tokens] of tokensOf(usage)) {
        const typed = { ...common, [ATTR.tokenType]: type }
        counters.tokens.record(tokens, typed)
        if (outcome !== 'whole') count(counters.wastedTokens, tokens, typed)
      }
      if (end.cost !== undefined) {
        count(counters.cost, end.cost.total, {
          ...common,
          [OWN.outcome]: outcome,
          [OWN.estimated]: end.cost.estimated,
        })
      }
      const { firstContent, total } = timings
      if (firstContent !== undefined) counters.timeToFirstChunk.record(firstContent / 1000, common)
      if (outcome === 'aborted') return
      counters.duration.record(total / 1000, attributes)
      if (firstContent === undefined || chunks < 2) return
      counters.timePerOutputChunk.record((total - firstContent) / (chunks - 1) / 1000, common)
    },
    onFinish(end) {
      const counters = instruments()
      underWay.delete(end.requestId)
      const common = { ...whoAnswered(end), ...labels(end.metadata) }
      counters.requests.add(1, { ...common, [OWN.outcome]: end.outcome })
      count(counters.restarts, end.restarts, common)
      count(counters.recoveries, end.recoveries, common)
      count(counters.truncations, Number(end.truncated), common)
      count(counters.abortedClients, Number(end.outcome === 'aborted'), common)
      if (end.timeToFirstChunk !== undefined) counters.timeToFirstToken.record(end.timeToFirstChunk / 1000, common)
      const { failure } = end
      const error = failure && end.outcome !== 'aborted' && { [ATTR.errorType]: errorType(failure) }
      counters.requestDuration.record(end.duration / 1000, { ...common, ...error })
    },
  }

  function whoAnswered(outcome: Outcome): Attributes {
    const { target, provider, model } = outcome
    return {
      ...dialectAttributes(outcome),
      ...(provider !== undefined && { [ATTR.provider]: providerName(provider) }),
      ...(model !== undefined && { [ATTR.requestModel]: name('model', model) }),
      ...(target !== undefined && { [OWN.target]: name('target', target) }),
    }
  }
}

function count(counter: Counter, times: number, attributes: Attributes): void {
  if (times > 0) counter.add(times, attributes)
}

function tokensOf(usage: Usage | undefined): [type: string, tokens: number][] {
  if (usage === undefined) return []
  return [
    ['input', usage.prompt_tokens],
    ['output', usage.completion_tokens],
  ]
}

type Instruments = ReturnType<typeof instrumentsOf>

function instrumentsOf(
  meterProvider: MeterProvider | undefined,
  underWay: ReadonlySet<string>,
  circuits: ReadonlyMap<string, CircuitState>,
) {
  const meter = (meterProvider ?? metrics).getMeter('streamgate')
  const seconds = (metric: string, description: string, explicitBucketBoundaries = SECONDS) =>
    meter.createHistogram(metric, { description, unit: 's', advice: { explicitBucketBoundaries } })
  const counter = (metric: string, unit: string, description: string) =>
    meter.createCounter(metric, { description, unit })

  meter
    .createObservableUpDownCounter(METRIC.activeRequests, { description: 'Requests under way.', unit: '{request}' })
    .addCallback((result) => result.observe(underWay.size))
  meter
    .createObservableGauge(METRIC.circuit, { description: 'Circuit of a target: 0 closed, 1 half-open, 2 open.' })
    .addCallback((result) => {
      for (const [target, state] of circuits) result.observe(STATES[state], { [OWN.target]: target })
    })

  return {
    duration: seconds(METRIC.duration, 'Duration of an attempt.'),
    timeToFirstChunk: seconds(
      METRIC.timeToFirstChunk,
      'Time from the start of an attempt to its first content.',
      FIRST_CHUNK,
    ),
    timePerOutputChunk: seconds(METRIC.timePerOutputChunk, 'Mean time between the chunks of one stream.', EACH_CHUNK),
    tokens: meter.createHistogram(METRIC.tokens, {
      description: 'Tokens that an attempt used.',
      unit: '{token}',
      advice: { explicitBucketBoundaries: TOKENS },
    }),
    requestDuration: seconds(METRIC.requestDuration, 'Duration of a request.'),
    timeToFirstToken: seconds(
      METRIC.timeToFirstToken,
      'Time from a request to the first content of its answer.',
      FIRST_CHUNK,
    ),
    requests: counter(METRIC.requests, '{request}', 'Requests, by their outcome.'),
    attempts: counter(METRIC.attempts, '{attempt}', 'Attempts, by their outcome.'),
    retries: counter(METRIC.retries, '{attempt}', 'Attempts that ask the same target again.'),
    fallbacks: counter(METRIC.fallbacks, '{attempt}', 'Attempts that ask the next target.'),
    hedges: counter(METRIC.hedges, '{attempt}', 'Attempts beside a late one.'),
    restarts: counter(METRIC.restarts, '{restart}', 'Answers that began anew before the client.'),
    recoveries: counter(METRIC.recoveries, '{recovery}', 'Broken answers that went on unnoticed.'),
    truncations: counter(METRIC.truncations, '{request}', 'Answers of which the client got a part and an error.'),
    abortedClients: counter(METRIC.abortedClients, '{request}', 'Requests whose client left.'),
    cost: counter(METRIC.cost, '1', "What attempts cost, in the currency of the config's prices."),
    wastedTokens: counter(METRIC.wastedTokens, '{token}', 'Tokens of attempts that did not answer.'),
  }
}
