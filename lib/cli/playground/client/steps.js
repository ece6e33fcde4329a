import { FAILURES } from './failures.js'
import { entriesOf } from './model.js'

/**
 * @typedef {import('./model.js').Attempt} Attempt
 * @typedef {{ at: number, text: string, tone: 'plain' | 'good' | 'bad' }} Step
 */

/**
 * What happened, in words: the timeline for those who do not see it.
 *
 * @param {import('./model.js').Run} run
 */
export function stepsOf(run) {
  const steps = [...run.attempts.flatMap(attemptSteps), ...entriesOf(run).map(entryStep)]
  if (run.lost !== undefined) {
    const without = `without ${run.dialect.terminal}: no client takes it for whole.`
    steps.push(step(run.lost, `The stream ends with an error, and ${without}`, 'bad'))
  }
  return steps.sort((a, b) => a.at - b.at)
}

/** @returns {Step[]} */
function attemptSteps(
  /** @type {Attempt} */ { attempt, reason, target, model, start, content, end, chunks, outcome, failure },
) {
  const name = `Attempt ${attempt}`
  const steps = [step(start, `${name}: ${target} is asked for ${model}${WHY[reason]}.`)]
  if (content !== undefined) steps.push(step(content, `${name}: first content, ${ms(content - start)} later.`))
  if (end === undefined) return steps
  if (outcome === 'whole') steps.push(step(end, `${name}: ${target}'s answer is whole.`, 'good'))
  if (outcome === 'aborted') steps.push(step(end, `${name} was stopped, and ${target}'s connection closed.`))
  if (outcome === 'failed') {
    steps.push(step(end, `${name} failed after ${plural(chunks.length, 'chunk')}: ${failure?.message}`, 'bad'))
  }
  return steps
}

/** Why an attempt is made. */
const WHY = {
  first: '',
  retry: ' once more',
  'simpler-way': ' once more, in another way',
  fallback: ', the next in order',
  hedge: ', beside the one that is late',
}

function entryStep(/** @type {import('./model.js').Entry} */ { at, kind, attempt }) {
  if (kind === 'join') return step(at, `The answer goes on seamlessly with attempt ${attempt}.`, 'good')
  return step(at, `Attempt ${attempt} tells another answer: the stream says so, and starts over.`)
}

/** @returns {Step} */
function step(/** @type {number} */ at, /** @type {string} */ text, /** @type {Step['tone']} */ tone = 'plain') {
  return { at, text, tone }
}

/** One sentence on how the run stands. */
export function summaryOf(/** @type {import('./model.js').Run} */ run) {
  const current = run.attempts.at(-1)
  const failed = run.attempts.filter(({ outcome }) => outcome === 'failed')
  const broken = [...new Set(failed.map(({ target, failure }) => `${target} ${did(failure)}`))]
  const before = broken.length === 0 ? '' : `${list(broken)}; `
  if (run.outcome === 'aborted') return 'Stopped. The provider’s connection was closed at once.'
  if (run.outcome === 'rejected') return `Refused: ${run.error}`
  if (run.outcome === 'failed') return `${before}nobody was left to answer, and the client gets an error.`
  if (current === undefined) return 'Sent.'
  if (run.outcome === 'whole')
    return broken.length === 0 ? `${current.target} answered.` : `${before}${ending(run, current)}`
  const doing = current.content === undefined ? 'is asked' : 'answers'
  return `${before}${current.target} ${doing} …`
}

function ending(/** @type {import('./model.js').Run} */ run, /** @type {{ target: string }} */ { target }) {
  const kinds = entriesOf(run).map(({ kind }) => kind)
  if (kinds.includes('restart')) return `${target} answered in its own words, and the stream says so.`
  if (kinds.includes('join')) return `${target} went on, and the client saw one whole answer.`
  return `${target} answered, and the client noticed nothing.`
}

/** What a target did to fail. */
function did(/** @type {import('./model.js').Attempt['failure']} */ failure) {
  if (failure?.kind === 'status') return `answered ${failure.status}`
  return FAILURES[failure?.kind ?? '']?.did ?? 'failed'
}

function list(/** @type {string[]} */ texts) {
  return texts.length < 2 ? texts.join('') : `${texts.slice(0, -1).join(', ')} and ${texts.at(-1)}`
}

export function ms(/** @type {number} */ time) {
  return time < 1000 ? `${Math.round(time)} ms` : `${(time / 1000).toFixed(time < 9950 ? 1 : 0)} s`
}

function plural(/** @type {number} */ count, /** @type {string} */ noun) {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
