import type { Random } from './random.ts'

/** What a provider has to say. */
export interface Answer {
  reasoning: string
  text: string
  calls: Call[]
  finish: 'stop' | 'length' | 'tool_calls'
  /** ParamLocations in the text at which a cut is hardest to mend; the stream has a break between two events there. */
  seams: number[]
}

export interface Call {
  name: string
  /** JSON. */
  arguments: string
}

const WORDS =
  'the a of quick brown fox jumps over lazy dog and then it goes on to the river, where. It "rests"; go go'.split(' ')
const UNITS = [
  'a',
  'go ',
  'la la ',
  'ha',
  '你好',
  '=',
  '0',
  '- item\n',
  '\n',
  'ab',
  'no, no, ',
  '| x | y |\n',
  '😀',
  '🇩🇪',
]
const LINES = [
  '- **Point** one of many\n',
  '    return value\n',
  '}\n',
  'The quick brown fox jumps.\n',
  '## Heading\n\n',
  '```js\n',
  '\tif (x) {\n',
  '1. First thing to do\n',
  '| a | b |\n|---|---|\n',
  '> quoted words here\n',
  'La la la, sing along with me\n',
  '\n',
]
const STRANGE = [
  'Cafe\u0301 au lait, ',
  'Café au lait, ',
  'Ångström ',
  'A\u030angstro\u0308m ',
  '👩‍👩‍👧‍👦 family ',
  '他说你好世界，你好世界。',
  'שלום עולם ',
  'non\u00a0breaking\u00a0space ',
  '\u2028',
  '\ufeff',
  'zero\u200bwidth ',
  '𝒳𝒴𝒵 ',
  '\\n"quoted\\" \u0001 ',
  ' data: [DONE]\n\n',
]

type Maker = (random: Random) => { text: string; seams?: number[] }

const sentence = (random: Random, most: number) =>
  Array.from({ length: random.between(1, most) }, () => random.pick(WORDS)).join(' ')
const lines = (random: Random, most: number) =>
  Array.from({ length: random.between(1, most) }, () => random.pick(LINES)).join('')

/** Texts in which it is hard to tell where one is. */
const MAKERS: Maker[] = [
  (random) => ({ text: sentence(random, 80) }),
  (random) => ({ text: random.pick(['', 'A', 'Hi', 'OK.', ' ', '\n\n', '好', 'Hello!']) }),
  (random) => ({ text: lines(random, 14) }),
  (random) => ({ text: Array.from({ length: random.between(1, 20) }, () => random.pick(STRANGE)).join('') }),
  // One thing again and again, with something before and behind it.
  (random) => {
    const unit = random.chance(0.7) ? random.pick(UNITS) : sentence(random, 5) + random.pick(['', ' ', '. '])
    const before = random.chance(0.5) ? sentence(random, 8) + random.pick([' ', '\n', '']) : ''
    const behind = random.chance(0.5) ? random.pick([' ', '\n', '']) + sentence(random, 8) : ''
    const times = random.between(2, Math.max(3, Math.ceil(60 / unit.length)))
    return {
      text: before + unit.repeat(times) + behind,
      seams: Array.from({ length: times + 1 }, (_, n) => before.length + n * unit.length),
    }
  },
  // What comes next begins like the whole text, or like a part of it.
  (random) => {
    const whole = random.chance(0.5) ? sentence(random, 14) : lines(random, 4)
    const join = random.pick(['', '', ' ', '\n'])
    const again = random.chance(0.5) ? whole : whole.slice(0, random.below(whole.length))
    const behind = random.chance(0.6) ? join + sentence(random, 10) : ''
    return { text: whole + join + again + behind, seams: [whole.length, whole.length + join.length] }
  },
  // The same words in two places or three.
  (random) => {
    const refrain = random.pick([sentence(random, 7), lines(random, 2), random.pick(LINES).trimEnd() || 'Refrain'])
    const join = random.pick([' ', '\n', '\n\n'])
    const parts = [sentence(random, 10), refrain, sentence(random, 10), refrain]
    if (random.chance(0.4)) parts.push(sentence(random, 5), refrain)
    if (random.chance(0.6)) parts.push(sentence(random, 12))
    const text = parts.join(join)
    const seams: number[] = []
    for (let at = text.indexOf(refrain); at !== -1; at = text.indexOf(refrain, at + 1)) seams.push(at + refrain.length)
    return { text, seams }
  },
  // White space in odd amounts.
  (random) => ({
    text: Array.from(
      { length: random.between(2, 30) },
      () => random.pick(WORDS) + random.pick([' ', '  ', '\n', '\n\n  ', '\t', '\r\n', ' \n']),
    ).join(''),
  }),
]

/** An answer of any kind. */
export function anyAnswer(random: Random): Answer {
  const { text, seams = [] } = random.pick(MAKERS)(random)
  const lead = random.chance(0.1) ? random.pick([' ', '\n\n']) : ''
  const calls = random.chance(0.25) ? Array.from({ length: random.between(1, 3) }, () => anyCall(random)) : []
  const finish = calls.length > 0 ? 'tool_calls' : random.chance(0.1) ? 'length' : 'stop'
  return {
    reasoning: random.chance(0.2) ? sentence(random, 15) : '',
    text: lead + text || (calls.length > 0 ? '' : 'Yes'),
    calls,
    finish,
    seams: seams.map((at) => at + lead.length),
  }
}

function anyCall(random: Random): Call {
  const value = random.chance(0.5) ? sentence(random, 6) : { deep: [random.below(100), '"}{', random.pick(STRANGE)] }
  return {
    name: random.pick(['weather', 'search', 'f']),
    arguments: JSON.stringify(random.chance(0.15) ? {} : { city: value, n: random.below(10) }),
  }
}

/** The same answer but for something in it, at a place of chance. */
export function changed(answer: Answer, random: Random): Answer {
  const { text } = answer
  const at = random.below(text.length + 1)
  const other = random.pick(['X', ' quite another end', `${sentence(random, 4)} `, '', '\u00a0'])
  const rest = random.chance(0.5) ? text.slice(at + random.below(8)) : ''
  return { ...answer, text: text.slice(0, at) + other + rest || 'Nothing', seams: [] }
}

/** Another answer altogether. */
export function another(answer: Answer, random: Random): Answer {
  return { ...answer, text: `Well: ${sentence(random, 20)}`, seams: [] }
}

/** A text in pieces as a provider sends it: never empty ones, seldom between the halves of a character. */
export function pieces(text: string, seams: readonly number[], random: Random): string[] {
  const places = new Set(seams)
  const most = random.pick([3, 12, 12, 40, 200])
  for (let at = random.between(1, most); at < text.length; at += random.between(1, most)) places.add(at)
  const halves = random.chance(0.05)
  const cuts = [...places]
    .filter((at) => at > 0 && at < text.length)
    .filter((at) => halves || !/^[\udc00-\udfff]/.test(text.slice(at)))
    .sort((a, b) => a - b)
  return [0, ...cuts].map((from, n) => text.slice(from, cuts[n])).filter((piece) => piece !== '')
}
