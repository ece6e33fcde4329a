import assert from 'node:assert/strict'
import type { FailureKind } from '../../lib/errors.ts'

const CLIENT = '../../lib/cli/playground/client'
const { FAILURES } = await import(`${CLIENT}/failures.js`)
const { DIALECTS } = await import(`${CLIENT}/dialects.js`)
const { newRun } = await import(`${CLIENT}/model.js`)
const { summaryOf } = await import(`${CLIENT}/steps.js`)

/** Each kind, with what the summary says of a target that failed so. */
const SAID: Record<FailureKind, string> = {
  request: 'openai cannot be asked this; anthropic answered, and the client noticed nothing.',
  connect: 'openai was not there; anthropic answered, and the client noticed nothing.',
  timeout: 'openai was too slow; anthropic answered, and the client noticed nothing.',
  status: 'openai answered 429; anthropic answered, and the client noticed nothing.',
  truncated: 'openai broke off; anthropic answered, and the client noticed nothing.',
  malformed: 'openai could not be understood; anthropic answered, and the client noticed nothing.',
  'in-band': 'openai sent an error; anthropic answered, and the client noticed nothing.',
  'broken-end': 'openai gave up; anthropic answered, and the client noticed nothing.',
  unusable: 'openai answered what is of no use; anthropic answered, and the client noticed nothing.',
  skipped: 'openai was passed over; anthropic answered, and the client noticed nothing.',
}

describe('the words of the playground for a failure', () => {
  for (const [kind, summary] of Object.entries(SAID)) {
    it(`${kind} has its own`, () => {
      const failure = { kind, ...(kind === 'status' && { status: 429 }) }
      const attempts = [
        { target: 'openai', outcome: 'failed', failure },
        { target: 'anthropic', outcome: 'whole', content: 1 },
      ]
      assert.equal(summaryOf({ ...newRun(DIALECTS.messages), attempts, outcome: 'whole', end: 2 }), summary)
      assert.equal(kind === 'status' || FAILURES[kind].mark !== '', true)
    })
  }

  it('no two kinds share a mark', () => {
    const marks = Object.values(FAILURES as Record<string, { mark: string }>).map(({ mark }) => mark)
    assert.equal(new Set(marks).size, marks.length)
  })
})
