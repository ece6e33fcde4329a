/**
 * What is known of one run. Times are in milliseconds since the page sent the request.
 *
 * @typedef {object} Attempt
 * @property {number} attempt
 * @property {'first' | 'retry' | 'simpler-way' | 'fallback' | 'hedge'} reason
 * @property {string} target
 * @property {string} provider
 * @property {string} model
 * @property {number} start
 * @property {number | undefined} content When its first content came.
 * @property {number[]} chunks
 * @property {number | undefined} end
 * @property {'whole' | 'failed' | 'aborted' | undefined} outcome
 * @property {{ kind: string, status?: number, message: string } | undefined} failure
 *
 * @typedef {object} Run
 * @property {import('./dialects.js').Dialect} dialect What was asked in.
 * @property {Attempt[]} attempts
 * @property {number[]} received When events with content reached the page.
 * @property {string} text All of the content that reached the page, whatever stood between.
 * @property {Map<number, { name: string, input: string }>} calls The tool calls that reached the page, by their index.
 * @property {Entry[]} restarts What it was told of them.
 * @property {number | undefined} lost When the stream told an error.
 * @property {number | undefined} end
 * @property {'whole' | 'failed' | 'aborted' | 'rejected' | undefined} outcome
 * @property {{ prompt_tokens: number, completion_tokens: number } | undefined} usage
 * @property {{ total: number, estimated: boolean } | undefined} cost
 * @property {string | undefined} error
 *
 * What the server tells of a run.
 *
 * @typedef {{ attempt: number, at: number }} Moment
 * @typedef {{ type: 'start', data: Moment & Pick<Attempt, 'reason' | 'target' | 'provider' | 'model'> }
 *   | { type: 'content', data: Moment }
 *   | { type: 'chunks', data: { attempt: number, at: number[] } }
 *   | { type: 'end', data: Moment & Pick<Attempt, 'outcome' | 'failure'> }
 *   | { type: 'finish', data: Pick<Run, 'outcome' | 'usage' | 'cost'> }} RunEvent
 */

/** @returns {Run} */
export function newRun(/** @type {import('./dialects.js').Dialect} */ dialect) {
  return {
    dialect,
    attempts: [],
    received: [],
    text: '',
    calls: new Map(),
    restarts: [],
    lost: undefined,
    end: undefined,
    outcome: undefined,
    usage: undefined,
    cost: undefined,
    error: undefined,
  }
}

/**
 * Adds an event that the server told. Its clock starts when the request arrives: the moment that took is left out, so that what
 * the server did never comes after what the page saw of it.
 */
export function addEvent(/** @type {Run} */ run, /** @type {RunEvent} */ { type, data }) {
  if (type === 'finish') {
    run.usage = data.usage
    run.cost = data.cost
    run.outcome ??= data.outcome
    return
  }
  if (type === 'start') {
    const { attempt, at, reason, target, provider, model } = data
    run.attempts.push({ attempt, reason, target, provider, model, start: at, chunks: [], ...NOT_YET })
    return
  }
  const attempt = run.attempts.find((each) => each.attempt === data.attempt)
  if (attempt === undefined) return
  if (type === 'content') attempt.content = data.at
  else if (type === 'chunks') attempt.chunks.push(...data.at)
  else Object.assign(attempt, { end: data.at, outcome: data.outcome, failure: data.failure })
}

const NOT_YET = { content: undefined, end: undefined, outcome: undefined, failure: undefined }

/** Adds what an event said that reached the page. */
export function addPiece(
  /** @type {Run} */ run,
  /** @type {import('./dialects.js').Piece} */ { content, text = '', calls = [], restart, error },
  /** @type {number} */ now,
) {
  if (error !== undefined) {
    run.error = error
    run.lost ??= now
  }
  if (restart !== undefined) {
    run.restarts.push({ at: now, kind: RESTART, attempt: restart.attempt, index: run.received.length })
  }
  if (content) run.received.push(now)
  run.text += text
  for (const { index, name, input } of calls) {
    const call = run.calls.get(index) ?? { name: '', input: '' }
    run.calls.set(index, { name: call.name + name, input: call.input + input })
  }
}

/** As one would write them. */
export function callsOf(/** @type {Run} */ { calls }) {
  return [...calls.values()].map(({ name, input }) => `${name}(${input})`)
}

/**
 * Where an attempt took over from another: `index` is its first chunk among those received.
 *
 * @typedef {{ at: number, kind: 'restart' | 'join', attempt: number, index: number }} Entry
 */

const RESTART = /** @type {const} */ ('restart')
const JOIN = /** @type {const} */ ('join')

/**
 * The attempts that took over, in their order. One that started over was announced; one that went on was not: its first chunk
 * is the first that the page received since the server had it, and behind all those of the attempt that began the answer.
 */
export function entriesOf(/** @type {Run} */ { attempts, received, restarts }) {
  const beginner = attempts.find(({ content }) => content !== undefined)
  return attempts.flatMap((each, place) => {
    const { attempt, content } = each
    const announced = restarts.find((restart) => restart.attempt === attempt)
    if (announced !== undefined) return [announced]
    if (beginner === undefined || beginner === each || content === undefined) return []
    const index = received.findIndex((at, index) => index >= beginner.chunks.length && at >= content)
    const at = received[index]
    if (at === undefined) return []
    // It may have failed before it came to that, and a later one went on.
    const later = attempts.slice(place + 1).some((after) => after.content !== undefined && after.content <= at)
    return later ? [] : [{ at, kind: JOIN, attempt, index }]
  })
}

/** How many of an attempt's chunks, from the first on, were held back, since the page had their text already. */
export function heldOf(/** @type {Run} */ run, /** @type {Attempt} */ attempt) {
  const entries = entriesOf(run)
  const place = entries.findIndex((entry) => entry.attempt === attempt.attempt)
  const entry = entries[place]
  if (entry !== undefined) {
    const shown = (entries[place + 1]?.index ?? run.received.length) - entry.index
    return Math.max(0, attempt.chunks.length - shown)
  }
  const beginner = run.attempts.find(({ content }) => content !== undefined)
  return attempt === beginner ? 0 : attempt.chunks.length
}

/** Chunks a second at the page; undefined as long as there are too few. */
export function rateOf(/** @type {Run} */ { received }) {
  const [first, last] = [received[0], received.at(-1)]
  if (first === undefined || last === undefined || received.length < 3 || last === first) return undefined
  return ((received.length - 1) * 1000) / (last - first)
}
