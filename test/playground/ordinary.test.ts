import assert from 'node:assert/strict'

const CLIENT = '../../lib/cli/playground/client'
const { addChunk, newRun } = await import(`${CLIENT}/model.js`)
const { ordinaryOf } = await import(`${CLIENT}/ordinary.js`)

const text = (content: string) => ({ choices: [{ delta: { content } }] })
const RESTART = {
  streamgate: { event: 'restart', attempt: 2 },
  choices: [{ delta: { role: 'assistant', content: '' } }],
}
const ERROR = { error: { message: 'It broke.' } }

function run(outcome: string, ...chunks: object[]) {
  const made = newRun()
  for (const chunk of chunks) addChunk(made, chunk, 1)
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

  it('is the error alone, if it has none of the answer', () => {
    const { verdict, text: all } = ordinaryOf({ ...run('failed'), error: '500: No.' })
    assert.deepEqual([verdict, all], ['An error, raised by its SDK.', '500: No.'])
  })

  it('is not said of a run that goes on, or was stopped', () => {
    assert.equal(ordinaryOf({ ...run('whole', text('Half')), end: undefined }), undefined)
    assert.equal(ordinaryOf(run('aborted', text('Half'))), undefined)
  })
})
