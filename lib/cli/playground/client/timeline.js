import { FAILURES } from './failures.js'
import { placeLabels } from './labels.js'
import { entriesOf, heldOf } from './model.js'
import { ms } from './steps.js'

const AXIS = 22
const LANE = 56
/** Room for as many attempts is there from the start. */
const LANES = 2
const BAR = { top: 24, height: 16 }
const EDGE = 12
/** From the middle of a bar to where a connector turns: under the bar, and above the labels of the next lane. */
const TURN = BAR.height / 2 + 6
/** A tick's width. */
const TICK = 2
/** Room for an end's mark behind the last moment. */
const TAIL = 14
const SCALES = [1000, 2000, 3000, 5000, 8000, 12_000, 20_000, 30_000, 60_000, 120_000, 300_000, 600_000]

/**
 * Draws a run as it stands at `now`: a lane for each attempt, and one for what reached the page.
 *
 * @param {SVGSVGElement} svg
 * @param {import('./model.js').Run} run
 * @param {number} now
 */
export function drawTimeline(svg, run, now) {
  const width = Math.max(svg.clientWidth, 240)
  const lanes = Math.max(run.attempts.length, LANES)
  const height = AXIS + (lanes + 1) * LANE + 4
  const until = run.end === undefined ? (SCALES.find((scale) => scale > now) ?? now) : Math.max(run.end, 200)
  const x = (/** @type {number} */ at) => EDGE + (Math.min(at, until) / until) * (width - 2 * EDGE - TAIL)

  svg.setAttribute('viewBox', `0 0 ${width} ${height}`)
  svg.setAttribute('height', String(height))
  svg.replaceChildren(
    ...axis(until, x, width, height),
    ...handovers(run, x),
    ...run.attempts.map((attempt, index) => lane(run, attempt, index, { x, now, width })),
    client(run, lanes, { x, now, width }),
  )
}

/** @typedef {{ x: (at: number) => number, now: number, width: number }} Frame */

function axis(
  /** @type {number} */ until,
  /** @type {Frame['x']} */ x,
  /** @type {number} */ width,
  /** @type {number} */ height,
) {
  const most = width < 480 ? 4 : 8
  const step = [100, 200, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000].find((each) => until / each <= most) ?? 120_000
  const lines = []
  for (let at = 0; at <= until; at += step) {
    lines.push(
      shape('line', { class: 'grid', x1: x(at), x2: x(at), y1: AXIS - 4, y2: height }),
      text({ class: 'axis', x: x(at), y: 12, 'text-anchor': at === 0 ? 'start' : 'middle' }, at === 0 ? '0' : ms(at)),
    )
  }
  return lines
}

/** Whether an attempt began where the one before it ended; one that runs beside another was not handed over. */
function isHandedOver(/** @type {import('./model.js').Run} */ { attempts }, /** @type {number} */ index) {
  const before = attempts[index - 1]?.end
  return before !== undefined && before <= (attempts[index]?.start ?? 0)
}

/** From the end of an attempt to the start of the one after it: to the side where no label is, then down beside the labels. */
function handovers(/** @type {import('./model.js').Run} */ run, /** @type {Frame['x']} */ x) {
  return run.attempts.flatMap(({ start }, index) => {
    const from = run.attempts[index - 1]?.end
    if (from === undefined || !isHandedOver(run, index)) return []
    const y1 = AXIS + (index - 1) * LANE + BAR.top + BAR.height / 2
    return [shape('path', { class: 'handover', d: `M${x(from)} ${y1}v${TURN}H${x(start)}V${y1 + LANE}` })]
  })
}

function lane(
  /** @type {import('./model.js').Run} */ run,
  /** @type {import('./model.js').Attempt} */ attempt,
  /** @type {number} */ index,
  /** @type {Frame} */ { x, now, width },
) {
  const { target, provider, model, start, content, chunks, end, outcome, failure } = attempt
  const until = end ?? now
  const held = new Set(chunks.slice(0, heldOf(run, attempt)))
  const middle = BAR.top + BAR.height / 2
  const waited = content ?? until
  const words = verdict(outcome, failure, until - start)
  const place = placeLabels({
    start: isHandedOver(run, index) ? x(start) : undefined,
    name: `${attempt.attempt} ${target}`,
    detail: width < 480 ? '' : target === provider ? model : `${provider}, ${model}`,
    verdict: words,
    left: EDGE,
    right: width - EDGE,
  })
  return shape(
    'g',
    { transform: `translate(0 ${AXIS + index * LANE})`, class: `lane ${outcome ?? 'running'}` },
    title(place.title, `${attempt.attempt}`, target, place.detail),
    text({ class: 'verdict', x: place.verdict, y: 14, 'text-anchor': 'end' }, words),
    shape('line', { class: 'waiting', x1: x(start), x2: x(waited), y1: middle, y2: middle }),
    content !== undefined &&
      shape('rect', {
        class: 'band',
        x: x(content),
        width: Math.max(x(until) - x(content), 2),
        y: BAR.top,
        height: BAR.height,
        rx: 4,
      }),
    ...apart(chunks, x).map((at) => tick(x(at), held.has(at) ? 'tick held' : 'tick')),
    content !== undefined && shape('circle', { class: 'first', cx: x(content), cy: middle, r: 4.5 }),
    outcome !== undefined && endMark(x(until), middle, outcome),
  )
}

/** What reached the page, whoever it came from. */
function client(
  /** @type {import('./model.js').Run} */ run,
  /** @type {number} */ index,
  /** @type {Frame} */ { x, now, width },
) {
  const { received, outcome, end } = run
  const [first] = received
  const middle = BAR.top + BAR.height / 2
  return shape(
    'g',
    { transform: `translate(0 ${AXIS + index * LANE})`, class: `lane client ${outcome ?? 'running'}` },
    shape('line', { class: 'divider', x1: 0, x2: width, y1: -4, y2: -4 }),
    title(EDGE, '', 'Your client', width < 480 ? '' : 'what reached this page'),
    first !== undefined &&
      shape('rect', {
        class: 'band',
        x: x(first),
        width: Math.max(x(end ?? now) - x(first), 2),
        y: BAR.top,
        height: BAR.height,
        rx: 4,
      }),
    ...apart(received, x).map((at) => tick(x(at), 'tick')),
    ...entriesOf(run).map(({ at, kind }) => flag(x(at), kind, width)),
    outcome !== undefined && end !== undefined && endMark(x(end), middle, outcome),
  )
}

function title(
  /** @type {number} */ x,
  /** @type {string} */ number,
  /** @type {string} */ name,
  /** @type {string} */ detail,
) {
  const part = (/** @type {string} */ kind, /** @type {string} */ words) =>
    words !== '' && shape('tspan', { class: kind, dx: kind === 'detail' ? 8 : 0 }, words)
  return shape(
    'text',
    { x, y: 14, class: 'title' },
    part('number', number === '' ? '' : `${number}\u2002`),
    part('name', name),
    part('detail', detail),
  )
}

/** Of times that fall on one place the first: an answer has more chunks than the screen has room. */
function apart(/** @type {number[]} */ times, /** @type {Frame['x']} */ x) {
  let last = Number.NEGATIVE_INFINITY
  return times.filter((at) => {
    const free = x(at) - last >= TICK
    if (free) last = x(at)
    return free
  })
}

function tick(/** @type {number} */ at, /** @type {string} */ kind) {
  return shape('line', { class: kind, x1: at, x2: at, y1: BAR.top + 3, y2: BAR.top + BAR.height - 3 })
}

/** Where the answer goes on, or starts over. */
function flag(/** @type {number} */ at, /** @type {string} */ kind, /** @type {number} */ width) {
  const left = at > width * 0.7
  return shape(
    'g',
    { class: `flag ${kind}` },
    shape('line', { x1: at, x2: at, y1: BAR.top - 4, y2: LANE }),
    text(
      { x: at + (left ? -6 : 6), y: LANE - 2, 'text-anchor': left ? 'end' : 'start' },
      kind === 'join' ? 'goes on' : 'starts over',
    ),
  )
}

function endMark(/** @type {number} */ cx, /** @type {number} */ cy, /** @type {string} */ outcome) {
  const glyph =
    outcome === 'whole'
      ? 'm-3.5 0.5 2.5 2.5 4.5-5'
      : outcome === 'aborted'
        ? 'm-3 0h6'
        : 'm-2.8-2.8 5.6 5.6m0-5.6-5.6 5.6'
  return shape(
    'g',
    { class: `end ${outcome}` },
    shape('circle', { cx, cy, r: 8.5 }),
    shape('path', { d: `M${cx} ${cy}${glyph}` }),
  )
}

function verdict(
  /** @type {string | undefined} */ outcome,
  /** @type {import('./model.js').Attempt['failure']} */ failure,
  /** @type {number} */ time,
) {
  if (outcome === 'whole') return `whole · ${ms(time)}`
  if (outcome === 'aborted') return `stopped · ${ms(time)}`
  if (outcome === 'failed')
    return `${failure?.status ?? FAILURES[failure?.kind ?? '']?.mark ?? failure?.kind} · ${ms(time)}`
  return ms(time)
}

function text(/** @type {Record<string, string | number>} */ attributes, /** @type {(Node | string)[]} */ ...children) {
  return shape('text', attributes, ...children)
}

function shape(
  /** @type {string} */ name,
  /** @type {Record<string, string | number>} */ attributes,
  /** @type {(Node | string | false)[]} */ ...children
) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value))
  for (const child of children) if (child !== false) element.append(child)
  return element
}
