import { node } from './controls.js'

/** How many events of the raw stream are kept on the page, beside the first. */
const MOST_FRAMES = 500

/**
 * Adds events as they came.
 *
 * @param {any} box
 * @param {RegExp} news
 * @param {{ frame: string, piece: import('./dialects.js').Piece }[]} events
 */
export function addFrames(box, news, events) {
  box.append(...events.flatMap(({ frame, piece }) => [lineOf(frame, { news, bad: piece.error !== undefined }), '\n']))
  // The first event, which stays in view, and the newline behind it are two nodes.
  while (box.childNodes.length > 2 * (MOST_FRAMES + 1)) box.childNodes[2].remove()
}

/** What matters in an event stands out. */
function lineOf(/** @type {string} */ frame, /** @type {{ news: RegExp, bad: boolean }} */ { news, bad }) {
  if (frame.startsWith(':')) return node('span', { class: 'comment' }, frame)
  if (bad) return node('span', { class: 'bad' }, ...breakable(frame))
  const found = news.exec(frame)
  if (found === null) return node('span', {}, ...breakable(frame))
  const part = node('b', { class: 'news' }, ...breakable(found[0]))
  const after = frame.slice(found.index + found[0].length)
  return node('span', {}, ...breakable(frame.slice(0, found.index)), part, ...breakable(after))
}

/** Pieces of so many characters stay on one line; a phone has room for them. */
const WHOLE = 32

/**
 * A text that breaks behind its commas, in front of what is in braces and between the parts of a query: JSON and URLs have no blanks,
 * and a browser would break them anywhere.
 */
export function breakable(/** @type {string} */ text) {
  return text.split(/(?<=[,{[&])/).flatMap((piece) => {
    return [piece.length > WHOLE ? piece : node('span', { class: 'whole' }, piece), node('wbr', {})]
  })
}
