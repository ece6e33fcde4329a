import assert from 'node:assert/strict'

const CLIENT = '../../lib/cli/playground/client'
const { DIALECTS } = await import(`${CLIENT}/dialects.js`)
const { addPiece, newRun } = await import(`${CLIENT}/model.js`)
const { ordinaryOf } = await import(`${CLIENT}/ordinary.js`)

const text = (content: string) => ({ content: true, text: content })
const RESTART = { restart: { attempt: 2, provider: 'anthropic' } }
const ERROR = { error: 'It broke.' }

function run(outcome: string, ...pieces: object[]) {
  return runIn('chat-completions', outcome, ...pieces)
}

function runIn(dialect: string, outcome: string, ...pieces: object[]) {
  const made = newRun(DIALECTS[dialect])
  for (const piece of pieces) addPiece(made, piece, 1)
  return { ...made, outcome, end: 2 }
}

describe('what an ordinary client of the playground ends up with', () => {
  it('is one answer, however many attempts it took', () => {
    assert.deepEqual(ordinaryOf(run('whole', text('Half '), text('and half.'))), {
      verdict: 'One whole answer.',
      tone: 'good',
      text: 'Half and half.',
    })
  })

  it('is all answers in one after a restart, since it passes over the announcement', () => {
    const { verdict, tone, text: all } = ordinaryOf(run('whole', text('Half'), RESTART, text('Another.')))
    assert.match(verdict, /^2 answers in one/)
    assert.deepEqual([tone, all], ['bad', 'HalfAnother.'])
  })

  it('is a part of the answer and the error, if the answer is lost', () => {
    const { verdict, text: all } = ordinaryOf(run('failed', text('Half'), ERROR))
    assert.deepEqual([verdict, all], ['The beginning of an answer, and an error, raised by its SDK.', 'Half It broke.'])
  })

  it('is more than that, where a well-known client does more', () => {
    const { verdict } = ordinaryOf(runIn('messages', 'failed', text('Half'), ERROR))
    assert.match(verdict, / raised by its SDK\. Claude Code then goes on from the text that it has\.$/)
    assert.match(
      ordinaryOf(runIn('responses', 'failed', text('Half'), ERROR)).verdict,
      / Codex then asks the whole turn/,
    )
  })

  it('is the error alone, if it has none of the answer', () => {
    const { verdict, text: all } = ordinaryOf({ ...run('failed'), error: '500: No.' })
    assert.deepEqual([verdict, all], ['An error, raised by its SDK.', '500: No.'])
  })

  it('is not said of a run that goes on, or was stopped', () => {
    assert.equal(ordinaryOf({ ...run('whole', text('Half')), end: undefined }), undefined)
    assert.equal(ordinaryOf(run('aborted', text('Half'))), undefined)
  })
})
