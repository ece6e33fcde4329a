import { isRecord } from '../../config/values.ts'

/** What stands in place of a value that the page must not show. */
const HIDDEN = '…'

/**
 * Keys of a config whose values are numbers, switches, words of ours, or names of targets and models. No other is shown: keys, hosts
 * and fields of providers, metadata and headers may each hold what is not for everybody who can open the page.
 */
const SHOWN = new Set([
  ...['provider', 'name', 'weight', 'targets', 'model', 'override_params', 'equivalent_models'],
  ...['strategy', 'mode', 'on_status_codes', 'sticky', 'by', 'default', 'delay', 'max_extra'],
  ...['retry', 'attempts', 'use_retry_after_header', 'max_delay', 'retry_budget'],
  ...['connect_timeout', 'first_chunk_timeout', 'idle_timeout', 'request_timeout', 'total_timeout'],
  ...['min_chunk_rate', 'characters_per_second', 'window'],
  ...['cb_config', 'failure_threshold', 'failure_threshold_percentage', 'minimum_requests', 'interval'],
  ...['cooldown_interval', 'failure_status_codes'],
  ...['mid_stream', 'prefill', 'tool_calls', 'fail_on', 'strict_open_ai_compliance'],
  ...[
    'commit_after',
    'chunks',
    'ms',
    'bytes',
    'keep_alive',
    'keep_alive_before_commit',
    'coalesce',
    'chars',
    'log_chunks',
  ],
])

/** Keys of which all is shown: names of models, their prices, and words for ends. */
const SHOWN_WHOLE = new Set(['models', 'prices', 'finish_reasons'])

/** A config as the playground's page may show it: its shape, and no secret. `$schema` is of use to editors alone, and left out. */
export function shownConfig(config: unknown): unknown {
  if (Array.isArray(config)) return config.map(shownConfig)
  if (!isRecord(config)) return config
  const entries = Object.entries(config).filter(([key]) => key !== '$schema')
  return Object.fromEntries(entries.map(([key, value]) => [key, shownValue(key, value)]))
}

function shownValue(key: string, value: unknown): unknown {
  if (SHOWN_WHOLE.has(key)) return value
  return SHOWN.has(key) ? shownConfig(value) : HIDDEN
}
