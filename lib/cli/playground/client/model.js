/**
 * What is known of one run. Times are in milliseconds since the page sent the request.
 *
 * @typedef {object} Attempt
 * @property {number} attempt
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
 * @property {Attempt[]} attempts
 * @property {number[]} received When chunks with content reached the page.
 * @property {{ at: number, kind: 'restart' | 'error', attempt: number }[]} marks What else it was told.
 * @property {number | undefined} end
 * @property {'whole' | 'failed' | 'aborted' | 'rejected' | undefined} outcome
 * @property {{ prompt_tokens: number, completion_tokens: number } | undefined} usage
 * @property {string | undefined} error
 */

/** @returns {Run} */
export function newRun() {
  return {
    attempts: [],
    received: [],
    marks: [],
    end: undefined,
    outcome: undefined,
    usage: undefined,
    error: undefined,
  }
}

/**
 * Adds an event that the server told. Its clock starts when the request arrives: the moment that took is left out, so that what
 * the server did never comes after what the page saw of it.
 */
export function addEvent(/** @type {Run} */ run, /** @type {string} */ type, /** @type {any} */ data) {
  const { at } = data
  const attempt = run.attempts.find((each) => each.attempt === data.attempt)
  if (type === 'start') {
    const { target, provider, model } = data
    run.attempts.push({ attempt: data.attempt, target, provider, model, start: at, chunks: [], ...NOT_YET })
  }
  if (type === 'content' && attempt) attempt.content = at
  if (type === 'chunks' && attempt) for (const each of data.at) attempt.chunks.push(each)
  if (type === 'end' && attempt) Object.assign(attempt, { end: at, outcome: data.outcome, failure: data.failure })
  if (type === 'finish') {
    run.usage = data.usage
    run.outcome ??= data.outcome
  }
}

const NOT_YET = { content: undefined, end: undefined, outcome: undefined, failure: undefined }

/** Adds a chunk that reached the page. */
export function addChunk(/** @type {Run} */ run, /** @type {any} */ chunk, /** @type {number} */ now) {
  if (chunk.error) {
    run.error = chunk.error.message
    run.marks.push({ at: now, kind: 'error', attempt: run.attempts.length })
  }
  if (chunk.streamgate?.event === 'restart') {
    run.marks.push({ at: now, kind: 'restart', attempt: chunk.streamgate.attempt })
  }
  if (hasText(chunk)) run.received.push(now)
}

function hasText(/** @type {any} */ { choices = [] }) {
  return choices.some((/** @type {any} */ { delta }) => delta.content || delta.reasoning_content)
}

/**
 * Where an attempt went on with the answer of another, unannounced: at the first chunk that reached the page since its own
 * content came. `index` is that chunk's.
 */
export function joinsOf(/** @type {Run} */ { attempts, received, marks }) {
  return attempts.flatMap(({ attempt, content }, place) => {
    const begun = attempts.slice(0, place).some((before) => before.content !== undefined)
    const announced = marks.some((mark) => mark.kind === 'restart' && mark.attempt === attempt)
    if (content === undefined || !begun || announced) return []
    const index = received.findIndex((at) => at >= content)
    const at = received[index]
    // It may have failed before it came to that, and a later one went on.
    const late = attempts
      .slice(place + 1)
      .some((after) => after.content !== undefined && at !== undefined && after.content <= at)
    return at === undefined || index === 0 || late ? [] : [{ at, kind: JOIN, attempt, index }]
  })
}

const JOIN = /** @type {const} */ ('join')

/** Until when an attempt's chunks were held back, since the page had their text already. */
export function heldUntil(/** @type {Run} */ run, /** @type {Attempt} */ attempt) {
  if (!run.received.some((at) => at < attempt.start)) return 0
  const shown = [...joinsOf(run), ...run.marks].find(
    (mark) => mark.attempt === attempt.attempt && mark.kind !== 'error',
  )
  return shown === undefined ? Number.POSITIVE_INFINITY : shown.at
}

/** Chunks a second at the page; undefined as long as there are too few. */
export function rateOf(/** @type {Run} */ { received }) {
  const [first, last] = [received[0], received.at(-1)]
  if (first === undefined || last === undefined || received.length < 3 || last === first) return undefined
  return ((received.length - 1) * 1000) / (last - first)
}
