import { node } from './controls.js'

/** How many events of the raw stream are kept on the page, beside the first. */
const MOST_FRAMES = 500

/** Adds an event as it came. The box follows the stream, if it was at its end, and lines that were scrolled to stay. */
export function addFrame(/** @type {any} */ box, /** @type {string} */ frame) {
  const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 40
  box.append(lineOf(frame), '\n')
  // The first event, which stays in view, and the newline behind it are two nodes.
  while (box.childNodes.length > 2 * (MOST_FRAMES + 1)) box.childNodes[2].remove()
  if (atEnd) box.scrollTop = box.scrollHeight
}

/** What matters in an event stands out. */
function lineOf(/** @type {string} */ frame) {
  if (frame.startsWith(':')) return node('span', { class: 'comment' }, frame)
  if (frame.startsWith('data: {"error"')) return node('span', { class: 'bad' }, ...breakable(frame))
  const [, before = '', news, after = ''] =
    /^(.*?)("delta":\{.*?\}|"streamgate":\{.*?\}|"usage":\{.*\}|\[DONE\])(.*)$/s.exec(frame) ?? []
  if (news === undefined) return node('span', {}, ...breakable(frame))
  const part = node('b', { class: 'news' }, ...breakable(news))
  return node('span', {}, ...breakable(before), part, ...breakable(after))
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
