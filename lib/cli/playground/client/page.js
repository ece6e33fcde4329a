import { element, node, setUpControls } from './controls.js'
import { configOf, curlOf, setUpCopies } from './copies.js'
import { addEvent, addPiece, callsOf, entriesOf, newRun, rateOf } from './model.js'
import { addedUp, ordinaryOf } from './ordinary.js'
import { listen } from './run-events.js'
import { dataOf, framesOf } from './sse.js'
import { ms, stepsOf, summaryOf } from './steps.js'
import { drawTimeline } from './timeline.js'
import { addFrames, breakable } from './wire.js'

const DOCS = 'https://github.com/streamgate/streamgate/blob/main/docs/'
/** From one picture of a run to the next, in milliseconds. */
const FRAME = 40

const calm = matchMedia('(prefers-reduced-motion: reduce)')
/**
 * A run on the page: what came since the last picture of it waits for the next one.
 *
 * @typedef {object} Current
 * @property {import('./model.js').Run} run
 * @property {number} began
 * @property {{ frame: string, piece: import('./dialects.js').Piece, index: number }[]} unseen Events of the answer. Of those with
 *   content `index` is the last so far.
 * @property {boolean} news Whether anything came.
 * @property {boolean} over Whether nothing will.
 */

/** @type {Current | undefined} */
let shown
let stop = () => {}

/** @type {import('./controls.js').Facts} */
const facts = JSON.parse(element('facts').textContent)
setUpControls(facts, {
  change(request) {
    element('curl').replaceChildren(...breakable(curlOf(request, facts.mode)))
    element('config').textContent = configOf(facts, request.query)
    if (shown === undefined) showClients(request.dialect)
  },
  send(request) {
    stop()
    void start(request)
  },
})
setUpCopies()
element('stop').addEventListener('click', () => stop())
new ResizeObserver(() => drawLanes()).observe(element('timeline').parentElement)

/** Sends a request, and shows what becomes of it until the answer and its events have ended. */
async function start(/** @type {import('./controls.js').Request} */ { dialect, query, body }) {
  const controller = new AbortController()
  const run = newRun(dialect)
  /** @type {Current} */
  const current = { run, began: performance.now(), unseen: [], news: false, over: false }
  const since = () => performance.now() - current.began
  stop = () => controller.abort()
  shown = current
  clear(dialect)
  element('stop').disabled = false

  query.set(
    'id',
    [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join(''),
  )
  const events = await listen(query.get('id') ?? '', (event) => {
    addEvent(run, event)
    current.news = true
  })
  current.began = performance.now()
  animate(current)
  try {
    const response = await fetch(`/playground${dialect.path}?${query}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: controller.signal,
    })
    if (response.ok && response.body) await readAnswer(response.body, current, since)
    else if (shown === current) run.error = await errorOf(response)
    run.outcome ??= run.error === undefined ? 'whole' : response.status === 400 ? 'rejected' : 'failed'
  } catch (error) {
    run.outcome = controller.signal.aborted ? 'aborted' : 'failed'
    run.error = String(error)
  }
  run.end = since()
  await events.ended()
  current.over = true
  if (shown !== current) return
  draw()
  element('stop').disabled = true
  if (run.error !== undefined && run.outcome !== 'aborted') showError(run.error)
  if (run.outcome === 'whole') speak(callsOf(run).join(' '), false)
  speak('', true)
}

async function readAnswer(
  /** @type {ReadableStream<Uint8Array<ArrayBuffer>>} */ body,
  /** @type {Current} */ current,
  /** @type {() => number} */ since,
) {
  const { run, unseen } = current
  let whole = false
  for await (const frame of framesOf(body)) {
    if (shown !== current) return
    const data = dataOf(frame)
    const piece = data === undefined ? {} : run.dialect.pieceOf(data)
    whole ||= piece.end === true
    addPiece(run, piece, since())
    unseen.push({ frame, piece, index: run.received.length - 1 })
    current.news = true
  }
  if (!whole && run.error === undefined) run.error = `The stream ended without ${run.dialect.terminal}.`
}

/** What an answer that is no stream says. */
async function errorOf(/** @type {Response} */ response) {
  const text = await response.text()
  element('raw').append(`HTTP ${response.status}\n\n${text}\n`)
  try {
    return `${response.status}: ${JSON.parse(text).error.message}`
  } catch {
    return `The server answered ${response.status}.`
  }
}

// ------------------------------------------------------------------------------------------------- what is on the page

function clear(/** @type {import('./dialects.js').Dialect} */ dialect) {
  for (const id of ['answer', 'raw', 'steps', 'spoken']) element(id).replaceChildren()
  unspoken = ''
  showClients(dialect)
  element('raw').setAttribute('data-path', dialect.path)
  draw()
  const results = element('results')
  if (results.getBoundingClientRect().top > innerHeight / 2) {
    results.scrollIntoView({ behavior: calm.matches ? 'auto' : 'smooth' })
  }
}

/** While a run goes on its lanes grow with the time; for those who want no motion, with what happens. */
function animate(/** @type {Current} */ current, last = 0) {
  requestAnimationFrame((time) => {
    if (shown !== current || current.over) return
    const due = time - last >= FRAME && (current.news || !calm.matches)
    if (due) draw()
    animate(current, due ? time : last)
  })
}

/** The run as it stands. The boxes are measured first and scrolled last, so that the browser lays the page out once. */
function draw() {
  if (shown === undefined) return
  const { run, unseen } = shown
  const follow = ['answer', 'raw'].map((id) => following(element(id)))
  const events = unseen.splice(0)
  shown.news = false
  drawLanes()
  addFrames(element('raw'), run.dialect.news, events)
  for (const { piece, index } of events) showPiece(run, piece, index)
  showFigures(run)
  showText('summary', summaryOf(run))
  showOrdinary(
    ordinaryOf(run) ?? { verdict: run.received.length > 0 ? 'So far:' : '', tone: 'plain', text: addedUp(run) },
  )
  showSteps(stepsOf(run))
  showJoins(run)
  for (const scroll of follow) scroll()
}

function drawLanes() {
  if (shown === undefined) return
  const { run, began } = shown
  drawTimeline(element('timeline'), run, run.end ?? performance.now() - began)
}

/** A box that was at its end is at its end again behind what was added; one that was scrolled back stays. */
function following(/** @type {Element} */ box) {
  const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 40
  return () => {
    if (atEnd) box.scrollTop = box.scrollHeight
  }
}

/** What the two clients are to each other depends on whether there is anything to listen for. */
function showClients(/** @type {import('./dialects.js').Dialect} */ { name, announcesRestarts, page }) {
  element('answer-title').textContent = announcesRestarts ? 'A client that listens' : 'The answer as it comes'
  element('answer-hint').textContent = announcesRestarts
    ? 'It forgets the first text when the stream says that the answer starts over.'
    : `${name} has no word for an answer that starts over, so none does: there is nothing to listen for.`
  element('clients').href = `${DOCS}${page}`
}

function showFigures(/** @type {import('./model.js').Run} */ run) {
  const { received, attempts, usage, cost, end } = run
  const rate = rateOf(run)
  showText('first-chunk', received[0] === undefined ? '–' : ms(received[0]))
  showText('rate', rate === undefined ? '–' : rate.toFixed(0))
  showText('tokens', usage ? `${usage.prompt_tokens} / ${usage.completion_tokens}` : '–')
  showText('cost', cost ? `${cost.estimated ? '≈ ' : ''}${cost.total.toFixed(6)}` : '–')
  showText('attempts', attempts.length === 0 ? '–' : String(attempts.length))
  showText('total', end === undefined ? '–' : ms(end))
}

/** What is set is laid out, and said aloud where the page is listened to: so only when it changes. */
function showText(/** @type {string} */ id, /** @type {string} */ text) {
  if (element(id).textContent !== text) element(id).textContent = text
}

function showOrdinary(/** @type {NonNullable<ReturnType<typeof ordinaryOf>>} */ { verdict, tone, text }) {
  showText('ordinary-verdict', verdict)
  element('ordinary-verdict').className = tone
  showText('ordinary', text)
}

function showSteps(/** @type {ReturnType<typeof stepsOf>} */ steps) {
  const list = element('steps')
  if (list.children.length === steps.length) return
  list.replaceChildren(
    ...steps.map(({ at, text, tone }) =>
      node('li', { class: tone }, node('span', { class: 'at' }, ms(at)), node('span', {}, text)),
    ),
  )
}

/** What one event said. Its text bears its place among the events with content. */
function showPiece(
  /** @type {import('./model.js').Run} */ run,
  /** @type {import('./dialects.js').Piece} */ { text = '', calls = [], restart },
  /** @type {number} */ index,
) {
  if (restart !== undefined) showRestart(run, restart)
  if (text !== '') {
    element('answer').append(node('span', { 'data-index': String(index) }, text))
    speak(text, false)
  }
  if (calls.length > 0) showCalls(run, index)
}

/** The calls as they stand, behind the text. */
function showCalls(/** @type {import('./model.js').Run} */ run, /** @type {number} */ index) {
  const answer = element('answer')
  for (const call of answer.querySelectorAll('.call')) call.remove()
  answer.append(...callsOf(run).map((call) => node('code', { class: 'call', 'data-index': String(index) }, call)))
}

/** Where an attempt went on with the text of another, as soon as it is known. */
function showJoins(/** @type {import('./model.js').Run} */ run) {
  for (const { kind, attempt, index } of entriesOf(run)) {
    if (kind === 'restart') continue
    const piece = element('answer').querySelector(`[data-index="${index}"]`)
    if (piece === null || piece.previousElementSibling?.className === 'joint') continue
    const title = `Attempt ${attempt} goes on here`
    piece.before(node('span', { class: 'joint', title, 'aria-hidden': 'true' }, String(attempt)))
  }
}

/** What stood there before is no part of the answer any more. */
function showRestart(
  /** @type {import('./model.js').Run} */ { attempts },
  /** @type {{ attempt: number, provider: string }} */ { attempt, provider },
) {
  const name = attempts.find((each) => each.attempt === attempt)?.target ?? provider
  const answer = element('answer')
  const old = node('del', {}, ...answer.childNodes)
  answer.replaceChildren(old, node('p', { class: 'note' }, `${name} starts over`))
  unspoken = ''
  speak(`The answer starts over, from ${name}. `, false)
}

function showError(/** @type {string} */ message) {
  element('answer').append(node('p', { class: 'error', role: 'alert' }, message))
}

let unspoken = ''

/** Tells a screen reader the answer by whole sentences, the rest of it at the end. */
function speak(/** @type {string} */ text, /** @type {boolean} */ end) {
  unspoken += text
  const sentences = unspoken.split(/(?<=[.!?…;])\s/)
  unspoken = end ? '' : (sentences.pop() ?? '')
  for (const sentence of sentences) if (sentence !== '') element('spoken').append(node('p', {}, sentence))
}
