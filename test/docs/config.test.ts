import assert from 'node:assert/strict'
import { parseConfig } from '../../lib/config.ts'
import { ConfigError } from '../../lib/index.ts'
import { readPage } from './snippets.ts'

const page = readPage('docs/config.md')

/** The keys that may stand at a place, as the message about one that may not tells them. */
function keysAt(place?: string): string[] {
  const wrong = { 'no such key': true }
  try {
    parseConfig({ provider: 'openai', ...(place === undefined ? wrong : { [place]: wrong }) }, {})
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const told = error.problems.find(({ path }) => path.includes('no such key'))
    return /expected one of (.+)$/.exec(told?.message ?? '')?.[1]?.split(', ') ?? []
  }
  return []
}

describe('docs/config.md', () => {
  for (const place of [undefined, 'strategy', 'retry', 'cb_config', 'commit_after', 'min_chunk_rate']) {
    it(`tells of all keys ${place === undefined ? 'of a level' : `in ${place}`}`, () => {
      const keys = keysAt(place)
      assert.ok(keys.length > 1)
      const forms = (key: string) =>
        ['', `${place}.`, 'targets[].'].flatMap((prefix) => [`${prefix}${key}`, `${prefix}${key}[]`])
      const missing = keys.filter((key) => !forms(key).some((form) => page.includes(`\`${form}\``)))
      assert.deepEqual(missing, [])
    })
  }

  it('tells the defaults that are', () => {
    const { route } = parseConfig({ provider: 'openai', cb_config: { failure_threshold: 1 } }, {})
    assert.ok(route.kind === 'target')
    const { retry, connectTimeout, firstChunkTimeout, idleTimeout, breaker, midStream, toolCalls, strict } =
      route.settings
    const defaults: Record<string, unknown> = {
      'retry.attempts': retry.attempts,
      'retry.on_status_codes': retry.onStatusCodes.join(' '),
      'retry.use_retry_after_header': retry.useRetryAfterHeader,
      'retry.max_delay': retry.maxDelay,
      connect_timeout: connectTimeout,
      first_chunk_timeout: firstChunkTimeout,
      idle_timeout: idleTimeout,
      mid_stream: `\`${JSON.stringify(midStream).replace(',', ', ')}\``,
      strict_open_ai_compliance: strict,
    }
    for (const [key, value] of Object.entries(defaults)) {
      const row = page.split('\n').find((line) => line.startsWith(`| \`${key}\``))
      assert.equal(row?.split(' | ').at(-1), `${value} |`, key)
    }
    assert.equal(toolCalls, 'whole')
    const row = page.split('\n').find((line) => line.startsWith('| `cb_config`'))
    assert.ok(row?.includes(`\`interval\` ms (${breaker?.interval})`))
    assert.ok(row?.includes(`\`cooldown_interval\` ms (${breaker?.cooldown})`))
    assert.ok(row?.includes(`(${breaker?.failureStatusCodes.join(' ')})`))
  })
})
