/**
 * What happened, in words: the timeline for those who do not see it.
 *
 * @param {import('./model.js').Run} run
 * @returns {{ at: number, text: string, tone: 'plain' | 'good' | 'bad' }[]}
 */
export function stepsOf(run) {
  const steps = run.attempts.flatMap((attempt) => {
    const { attempt: number, provider, model, start, content, end, chunks, outcome, failure } = attempt
    const name = `Attempt ${number}`
    return [
      { at: start, text: `${name}: ${provider} is asked for ${model}.`, tone: 'plain' },
      content !== undefined && {
        at: content,
        text: `${name}: first content, ${ms(content - start)} later.`,
        tone: 'plain',
      },
      outcome === 'failed' && {
        at: end,
        text: `${name} failed after ${plural(chunks.length, 'chunk')}: ${failure?.message}`,
        tone: 'bad',
      },
      outcome === 'whole' && { at: end, text: `${name}: ${provider}'s answer is whole.`, tone: 'good' },
      outcome === 'aborted' && {
        at: end,
        text: `${name} was stopped, and ${provider}'s connection closed.`,
        tone: 'plain',
      },
    ]
  })
  for (const { at, kind, attempt } of run.marks) {
    if (kind === 'join') {
      steps.push({ at, text: `The answer goes on seamlessly with attempt ${attempt}.`, tone: 'good' })
    }
    if (kind === 'restart') {
      const text = `Attempt ${attempt} tells another answer: the stream says so, and starts over.`
      steps.push({ at, text, tone: 'plain' })
    }
    if (kind === 'error') {
      steps.push({
        at,
        text: 'The stream ends with an error, and without [DONE]: no client takes it for whole.',
        tone: 'bad',
      })
    }
  }
  return steps.filter((step) => step !== false).sort((a, b) => a.at - b.at)
}

/** One sentence on how the run stands. */
export function summaryOf(/** @type {import('./model.js').Run} */ run) {
  const current = run.attempts.at(-1)
  const broken = run.attempts.filter(({ outcome }) => outcome === 'failed')
  const before =
    broken.length === 0 ? '' : `${list(broken.map(({ provider, failure }) => `${provider} ${did(failure)}`))}; `
  if (run.outcome === 'aborted') return 'Stopped. The provider’s connection was closed at once.'
  if (run.outcome === 'rejected') return `Refused: ${run.error}`
  if (run.outcome === 'failed') return `${before}nobody was left to answer, and the client gets an error.`
  if (current === undefined) return 'Sent.'
  if (run.outcome === 'whole')
    return broken.length === 0 ? `${current.provider} answered.` : `${before}${ending(run, current)}`
  const doing = current.content === undefined ? 'is asked' : 'answers'
  return `${before}${current.provider} ${doing} …`
}

function ending(/** @type {import('./model.js').Run} */ { marks }, /** @type {{ provider: string }} */ { provider }) {
  if (marks.some(({ kind }) => kind === 'restart'))
    return `${provider} answered in its own words, and the client was told.`
  if (marks.some(({ kind }) => kind === 'join')) return `${provider} went on, and the client saw one whole answer.`
  return `${provider} answered, and the client noticed nothing.`
}

/** What a provider did to fail. */
function did(/** @type {import('./model.js').Attempt['failure']} */ failure) {
  if (failure?.kind === 'status') return `answered ${failure.status}`
  if (failure?.kind === 'timeout') return 'was too slow'
  if (failure?.kind === 'truncated') return 'broke off'
  if (failure?.kind === 'in-band') return 'sent an error'
  if (failure?.kind === 'connect') return 'was not there'
  return 'failed'
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
