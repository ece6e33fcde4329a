import { type Answer, another, changed } from './answers.ts'
import type { Asked } from './asked.ts'
import type { Random } from './random.ts'

/** What a target does when asked; `meanings` are the whole answers that a client may end up with if this is played whole. */
export type Said = { refuses: number } | { says: Answer; meanings: Meaning[] }

export interface Meaning {
  reasoning: string
  text: string
  calls: Answer['calls']
  finish: Answer['finish']
  /** Whether the text is to be the same to the last blank, blanks aside in number, or blanks aside. */
  blanks: 'exact' | 'number' | 'aside'
}

/** How a target behaves, for each of the three things that it may be asked. */
export interface Manner {
  fresh: keyof typeof FRESH
  append: keyof typeof APPEND
  anchor: keyof typeof ANCHOR
}

/** The best that a target can do. */
export const GOOD: Manner = { fresh: 'same', append: 'goes on', anchor: 'repeats well' }

export function anyManner(random: Random): Manner {
  const of = <T extends object>(table: T) => random.pick(Object.keys(table) as (keyof T & string)[])
  const good = <T extends string>(best: T, other: () => T) => (random.chance(0.3) ? best : other())
  return {
    fresh: good<keyof typeof FRESH>('same', () => of(FRESH)),
    append: good<keyof typeof APPEND>('goes on', () => of(APPEND)),
    anchor: good<keyof typeof ANCHOR>('repeats well', () => of(ANCHOR)),
  }
}

/** `known`: the answers that were begun so far, of which the prefix is most likely one. */
export function say(manner: Manner, asked: Asked, known: Answer[], random: Random): Said {
  const { prefix, instructed } = asked
  const [first] = known
  if (first === undefined) throw new Error('nothing to say')
  if (prefix === undefined) {
    const answer = FRESH[manner.fresh](first, random)
    known.push(answer)
    return whole(answer)
  }
  const begun = known.filter(({ text }) => text.startsWith(prefix))
  const base = begun.at(-1) ?? { ...first, text: `${prefix} and so it ends.` }
  // Blanks behind the prefix are not told, and could be those of another answer.
  const blanks = begun.length === 1 ? 'exact' : 'aside'
  const context: Context = { base, prefix, rest: base.text.slice(prefix.length), blanks, random }
  return instructed ? ANCHOR[manner.anchor](context) : APPEND[manner.append](context)
}

export function meaningOf(answer: Answer, blanks: Meaning['blanks'] = 'exact'): Meaning {
  const { reasoning, text, calls, finish } = answer
  return { reasoning, text, calls, finish, blanks }
}

function whole(answer: Answer): Said {
  return { says: answer, meanings: [meaningOf(answer)] }
}

// ------------------------------------------------------------------------------------------ asked from the beginning

const FRESH = {
  same: (answer: Answer) => answer,
  changed,
  'quite another': another,
  shorter: (answer: Answer, random: Random): Answer => ({
    ...answer,
    text: answer.text.slice(0, random.below(answer.text.length)) || 'No',
    seams: [],
  }),
  longer: (answer: Answer): Answer => ({ ...answer, text: `${answer.text} And more.` }),
  'with other reasoning': (answer: Answer): Answer => ({ ...answer, reasoning: `Hm. ${answer.reasoning}` }),
  'without calls': (answer: Answer): Answer => ({
    ...answer,
    text: answer.text || 'No',
    calls: [],
    finish: answer.finish === 'length' ? 'length' : 'stop',
  }),
  'with other calls': (answer: Answer): Answer => ({
    ...answer,
    calls: [{ name: 'other', arguments: '{"x":1}' }],
    finish: 'tool_calls',
  }),
}

// --------------------------------------------------------------------------------------------- asked with a prefix

interface Context {
  /** The answer that the prefix begins. */
  base: Answer
  prefix: string
  /** What of it is still to come. */
  rest: string
  blanks: Meaning['blanks']
  random: Random
}

/** It says this, and means the base. */
function goesOn({ base, blanks: known }: Context, text: string, blanks = known): Said {
  return { says: { ...base, text, seams: [] }, meanings: [meaningOf(base, blanks)] }
}

/** It says what makes no sense as the rest of the text. */
function senseless({ base }: Context, text: string): Said {
  return { says: { ...base, text, seams: [] }, meanings: [] }
}

const APPEND = {
  'goes on': (context: Context) => goesOn(context, context.rest),
  'goes on without the first blanks': (context: Context) => goesOn(context, context.rest.trimStart(), 'aside'),
  'goes on its own way': (context: Context): Said => {
    const rest = `${context.rest.slice(0, context.random.below(10))} or so it seems.`
    const own = { ...context.base, text: context.prefix + rest }
    return { says: { ...own, text: rest, seams: [] }, meanings: [meaningOf(own, 'aside')] }
  },
  'refuses with 400': (): Said => ({ refuses: 400 }),
  'refuses with 422': (): Said => ({ refuses: 422 }),
  'starts over': ({ base }: Context) => whole(base),
  'starts over with blanks': ({ base }: Context) => whole({ ...base, text: ` ${base.text}`, seams: [] }),
  // What begins with other words cannot be told from a text that goes on.
  'starts over and changes': ({ base, prefix, random }: Context) => {
    const words = /^\s*\S.{3}\S*/su.exec(base.text)?.[0] ?? base.text
    const rest = { ...base, text: base.text.slice(words.length) || ' and no more' }
    const other = { ...base, text: words + changed(rest, random).text, seams: [] }
    return prefix.startsWith(words) ? whole(other) : whole(base)
  },
  'starts over and stops early': ({ base, prefix, random }: Context) =>
    whole({ ...base, text: prefix.slice(0, random.between(1, prefix.length)), calls: [], finish: 'stop', seams: [] }),
  'says nothing': (context: Context): Said => {
    const { base, rest } = context
    // It means that all is said.
    const over = rest.trim() === '' && base.calls.length === 0
    const none = { ...base, reasoning: '', text: '', calls: [], finish: 'stop' as const, seams: [] }
    return { says: none, meanings: over ? [{ ...meaningOf(base, 'aside'), finish: 'stop' }] : [] }
  },
  'makes a call at once': ({ base, prefix }: Context): Said => {
    const calls = base.calls.length > 0 ? base.calls : [{ name: 'f', arguments: '{"q":"now"}' }]
    const own: Answer = { ...base, text: prefix, calls, finish: 'tool_calls' }
    return { says: { ...own, text: '', seams: [] }, meanings: [meaningOf(own, 'number')] }
  },
}

// ------------------------------------------------------------------------------------- asked to repeat the last words

/** Where words begin. */
function wordStarts(text: string): number[] {
  return [...text.matchAll(/\S+/g)].map(({ index }) => index)
}

/** The last words of the prefix, so many of them. */
function lastWords({ prefix }: Context, count: number): string {
  return prefix.slice(wordStarts(prefix).at(-count) ?? 0)
}

/**
 * It repeats these words and goes on. Who repeats next to nothing, and goes on with the last words by chance, has repeated
 * those, as far as anyone can tell: the client may end up with what is behind them.
 */
function goesOnAfter({ base, prefix, rest, blanks }: Context, words: string): Said {
  const said = words + rest
  const readings = wordStarts(prefix)
    .map((at) => prefix.slice(at))
    .filter((last) => squeezed(words).length < 4 && squeezed(said).startsWith(squeezed(last)))
    .map((last) => ({ ...base, text: squeezed(prefix) + squeezed(said).slice(squeezed(last).length) }))
  return {
    says: { ...base, text: said, seams: [] },
    meanings: [meaningOf(base, blanks), ...readings.map((reading) => meaningOf(reading, 'aside'))],
  }
}

/**
 * It says this, which repeats nothing. It repeats well instead where this begins with last words all the same: with fewer of them,
 * less one that stands twice with those of another place, or as another answer of the same beginning does.
 */
function noRepetition(context: Context, said: string): Said {
  const repeats = wordStarts(context.prefix).some((at) => squeezed(said).startsWith(squeezed(context.prefix.slice(at))))
  return repeats ? ANCHOR['repeats well'](context) : senseless(context, said)
}

const ANCHOR = {
  'repeats well': (context: Context) => goesOnAfter(context, lastWords(context, 10)),
  'repeats some words': (context: Context) => goesOnAfter(context, lastWords(context, context.random.between(2, 30))),
  'repeats with other blanks': (context: Context) => {
    const words = lastWords(context, context.random.between(3, 12))
    const blanks = () => context.random.pick([' ', '  ', '\n', ' \n '])
    return goesOn(context, words.replaceAll(/\s+/g, blanks) + context.rest)
  },
  'repeats, and has other blanks behind': (context: Context) =>
    goesOn(
      context,
      lastWords(context, 10) + context.rest.replace(/^\s+/, () => context.random.pick([' ', '\n'])),
      'aside',
    ),
  'repeats too little': (context: Context) => goesOnAfter(context, lastWords(context, 1)),
  'repeats nothing': (context: Context) => goesOnAfter(context, ''),
  'repeats all': ({ base }: Context) => whole(base),
  'goes on from an earlier place': (context: Context) => {
    const start = context.random.pick([0, ...wordStarts(context.prefix)])
    return goesOnAfter(context, context.prefix.slice(start))
  },
  'repeats words from an earlier place': (context: Context) => {
    const starts = wordStarts(context.prefix)
    const at = context.random.below(starts.length + 1)
    const words = context.prefix.slice(starts[at] ?? 0, starts[at + context.random.between(3, 12)])
    return goesOn(context, words + context.rest)
  },
  'repeats with a changed word': (context: Context) => {
    const words = lastWords(context, 10).split(/(\s+)/)
    const at = 2 * context.random.below(Math.ceil(words.length / 2))
    const other = context.random.pick(['other', '', `x${words[at]}`, words[at]?.normalize('NFD') ?? ''])
    return noRepetition(context, words.with(at, other).join('') + context.rest)
  },
  'repeats with a changed letter': (context: Context) => {
    const words = lastWords(context, 10)
    const at = context.random.below(words.length)
    return noRepetition(context, `${words.slice(0, at)}#${words.slice(at + 1)}${context.rest}`)
  },
  'explains itself first': (context: Context) =>
    senseless(context, `Sure, here is the rest: ${lastWords(context, 10)}${context.rest}`),
  'repeats and says no more': (context: Context): Said => {
    const own = { ...context.base, text: context.prefix }
    return { says: { ...own, text: lastWords(context, 10), seams: [] }, meanings: [meaningOf(own, 'aside')] }
  },
  'says something else': (context: Context) => noRepetition(context, another(context.base, context.random).text),
  'refuses with 400': (): Said => ({ refuses: 400 }),
  'says nothing': ({ base }: Context): Said => ({
    says: { ...base, text: '', reasoning: '', calls: [], finish: 'stop', seams: [] },
    meanings: [],
  }),
}

/** Without blanks. */
export function squeezed(text: string): string {
  return text.replaceAll(/\s+/g, '')
}
