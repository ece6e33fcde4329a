import assert from 'node:assert/strict'
import { decode, finish, start } from './anthropic-fixtures.ts'

const last = <T>(list: T[]) => list.filter((item) => item !== undefined).at(-1)

describe('the Anthropic usage', () => {
  const usage = (...events: unknown[]) => last(decode(events).map((init) => init.usage))
  const details = (cached_tokens: number, cache_write_tokens: number) => ({ cached_tokens, cache_write_tokens })

  it('is cumulative: later numbers replace earlier ones, and null does not', () => {
    const first = start({ usage: { input_tokens: 34_824, cache_creation_input_tokens: 5, output_tokens: 1 } })
    assert.deepEqual(
      usage(
        first,
        finish(null, { input_tokens: 3883, cache_read_input_tokens: 30_464, output_tokens: 40 }),
        finish('end_turn', { input_tokens: null, output_tokens: 49, output_tokens_details: { thinking_tokens: 7 } }),
      ),
      {
        prompt_tokens: 3883 + 5 + 30_464,
        completion_tokens: 49,
        total_tokens: 3883 + 5 + 30_464 + 49,
        prompt_tokens_details: details(30_464, 5),
        completion_tokens_details: { reasoning_tokens: 7 },
      },
    )
  })

  const message = { type: 'message', input_tokens: 181, output_tokens: 8, cache_read_input_tokens: 0 }
  const compaction = { type: 'compaction', input_tokens: 100, output_tokens: 83, cache_read_input_tokens: 55_096 }
  const advisor = { type: 'advisor_message', input_tokens: 2543, output_tokens: 18 }
  const iterations: [string, object[], number, number, number][] = [
    ['counts what compaction cost', [compaction, message], 281 + 55_096, 91, 55_096],
    ["leaves out another model's advice", [message, advisor, message], 362, 16, 0],
    ['is the top level when another model took over', [message, { ...advisor, type: 'fallback_message' }], 12, 30, 0],
    ['is the top level without iterations', [], 12, 30, 0],
    ['is the top level without iterations of its own', [advisor], 12, 30, 0],
  ]
  for (const [name, list, prompt, completion, cached] of iterations) {
    it(name, () => {
      assert.deepEqual(usage(start(), finish('end_turn', { iterations: list })), {
        prompt_tokens: prompt,
        completion_tokens: completion,
        total_tokens: prompt + completion,
        prompt_tokens_details: details(cached, 0),
      })
    })
  }

  it('counts cache writes by their time, and web searches', () => {
    const extra = {
      cache_creation_input_tokens: 7,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 7 },
      server_tool_use: { web_search_requests: 2, web_fetch_requests: 0 },
    }
    assert.deepEqual(usage(start(), finish('end_turn', extra))?.prompt_tokens_details, {
      ...details(0, 7),
      cache_write_1h_tokens: 7,
      web_search_requests: 2,
    })
  })

  it('is not told before it is known', () => assert.equal(usage(start({ usage: {} })), undefined))

  it('tells the service tier', () => {
    const tier = (service_tier: string) =>
      last(decode([start({ usage: { service_tier } })]).map((init) => init.service_tier))
    assert.deepEqual(['standard', 'priority', 'batch'].map(tier), ['default', 'priority', undefined])
  })
})
