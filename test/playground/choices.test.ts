import assert from 'node:assert/strict'
import { readChoices } from '../../lib/cli/playground/choices.ts'
import type { RequestError } from '../../lib/provider.ts'

const DEFAULTS = { midStream: 'continue,restart', retries: 0, after: 8, ownWords: false }

describe("the playground's choices", () => {
  for (const [query, expected] of [
    ['targets=openai', { targets: [{ provider: 'openai', fault: 'none' }] }],
    [
      'targets=google:cut,azure-openai:429',
      {
        targets: [
          { provider: 'google', fault: 'cut' },
          { provider: 'azure-openai', fault: '429' },
        ],
      },
    ],
    [
      'targets=cohere:slow&mid_stream=continue&retries=2&after=99&words=own&id=x',
      {
        targets: [{ provider: 'cohere', fault: 'slow' }],
        midStream: 'continue',
        retries: 2,
        after: 99,
        ownWords: true,
      },
    ],
  ] as const) {
    it(`reads ${query}`, () => {
      assert.deepEqual(readChoices(new URLSearchParams(query)), { ...DEFAULTS, ...expected })
    })
  }

  for (const [query, param] of [
    ['', 'targets'],
    ['targets=', 'targets'],
    ['targets=openai,', 'targets'],
    ['targets=constructor', 'targets'],
    ['targets=openai:explode', 'targets'],
    ['targets=openai:cut:8', 'targets'],
    ['targets=openai,openai,openai,openai,openai', 'targets'],
    ['targets=openai&mid_stream=stop', 'mid_stream'],
    ['targets=openai&mid_stream=restart,continue', 'mid_stream'],
    ['targets=openai&retries=3', 'retries'],
    ['targets=openai&retries=-1', 'retries'],
    ['targets=openai&after=100', 'after'],
    ['targets=openai&after=1e1', 'after'],
    ['targets=openai&words=none', 'words'],
  ]) {
    it(`refuses '${query}'`, () => {
      assert.throws(
        () => readChoices(new URLSearchParams(query)),
        (error: RequestError) => error.api.status === 400 && error.api.param === param,
      )
    })
  }
})
