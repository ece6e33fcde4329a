import { callsOf } from './model.js'

/**
 * What a client ends up with that adds up the pieces of text, as nearly all do: it passes over comments and fields that it does not
 * know, and raises the error of a last frame. Undefined as long as the run goes on, and for one that was stopped.
 *
 * @param {import('./model.js').Run} run
 * @returns {{ verdict: string, tone: 'good' | 'bad' | 'plain', text: string } | undefined}
 */
export function ordinaryOf(run) {
  const { dialect, end, outcome, restarts, error } = run
  if (end === undefined || outcome === 'aborted') return undefined
  const text = addedUp(run)
  if (outcome !== 'whole') {
    if (text === '') return { verdict: 'An error, raised by its SDK.', tone: 'plain', text: error ?? '' }
    const raised = 'The beginning of an answer, and an error, raised by its SDK.'
    return { verdict: `${raised} ${dialect.afterError}`.trim(), tone: 'plain', text: `${text} ${error ?? ''}` }
  }
  if (restarts.length === 0) return { verdict: 'One whole answer.', tone: 'good', text }
  const verdict = `${restarts.length + 1} answers in one, and nothing that says so to it. With “continue” alone it gets one, or an error.`
  return { verdict, tone: 'bad', text }
}

/** What it has so far. */
export function addedUp(/** @type {import('./model.js').Run} */ run) {
  return [run.text, ...callsOf(run)].filter((part) => part !== '').join('\n')
}
