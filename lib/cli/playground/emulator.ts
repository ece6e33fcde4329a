import { type ChatCompletionRequest, LLMock } from '@copilotkit/aimock'
import { begunIn, restOf, textOf } from '../rest-of-answer.ts'

/** Characters of a piece. */
const PIECE = 8
/** How much of a prompt the answer quotes, in characters. */
const QUOTED = 80

/** Speaks all providers' formats, with `pace` milliseconds from piece to piece. Two voices never answer in the same words. */
export function emulator(voice: Voice, pace: number): LLMock {
  const mock = new LLMock({ port: 0, latency: pace, chunkSize: PIECE, journalMaxEntries: 20 })
  return mock
    .on({ predicate: ({ tools }) => tools !== undefined && tools.length > 0 }, (request) => {
      const [tool] = request.tools ?? []
      const call = { name: tool?.function.name ?? '', arguments: JSON.stringify(REMINDERS[voice]) }
      return { toolCalls: [call], usage: usageOf(request, call.arguments) }
    })
    .on({}, (request) => {
      const content = answerTo(request, voice)
      return { content, usage: usageOf(request, content) }
    })
}

export type Voice = 'first' | 'second'

const VOICES: Record<Voice, (prompt: string) => string> = {
  first: (prompt) =>
    `You wrote “${prompt}”. No model reads it: this answer is made up on your own machine, so it costs nothing and knows ` +
    'nothing. What matters is the way it takes. It comes a few letters at a time through one stream in the format of OpenAI, ' +
    'whichever provider tells it; and when that provider falls silent in the middle of a sentence, the next one goes on.',
  second: (prompt) =>
    `“${prompt}”, you ask, and another model answers in words of its own. What you had before is not the beginning of this, ` +
    'so nothing can be joined to it. The stream says that the answer starts over, and a client can clear what it shows. Models ' +
    'differ, and even the same model seldom says the same thing twice.',
}

/** What they call the page's tool with. */
const REMINDERS: Record<Voice, object> = {
  first: {
    title: 'Water the plants',
    notes:
      'The fern in the kitchen wants a cup a day, the cactus on the balcony nothing before Sunday, and the basil as much as ' +
      'it can get.',
  },
  second: {
    title: 'Plants!',
    notes: 'Go round with the green can in the evening, when the sun is off the balcony, and leave the cactus alone.',
  },
}

/** What they answer a prompt with that asks for JSON. */
const OBJECTS: Record<Voice, object> = {
  first: {
    city: 'Paris',
    country: 'France',
    river: 'Seine',
    sights: ['Louvre', 'Sainte-Chapelle', 'Jardin du Luxembourg', 'Canal Saint-Martin'],
    advice: 'Walk; take the boat once; eat where there is no menu in the window.',
  },
  second: {
    name: 'Paris',
    people: 2_100_000,
    arrondissements: 20,
    advice: ['Buy ten tickets at once', 'Go up the Tour Montparnasse, from which one does not see it'],
  },
}

/** What a model would say, also to a request that has the beginning of its answer. */
function answerTo({ messages }: ChatCompletionRequest, voice: Voice): string {
  const prompt = textOf(messages.find(({ role }) => role === 'user')?.content)
  const quoted = prompt.length > QUOTED ? `${prompt.slice(0, QUOTED)}…` : prompt
  const tell = (each: Voice) => (/\bJSON\b/.test(prompt) ? JSON.stringify(OBJECTS[each]) : VOICES[each](quoted))
  const answers = [voice, 'first' as const, 'second' as const].map(tell)
  const [whole = ''] = answers.filter((answer) => answer.startsWith(begunIn(messages)))
  return restOf(whole, messages)
}

/** Characters of a token, roughly, in prose. */
const TOKEN = 4

/** By the names of every format: each takes its own. */
function usageOf({ messages }: ChatCompletionRequest, content: string) {
  const taken = Math.ceil(messages.map((message) => textOf(message.content)).join('').length / TOKEN)
  const given = Math.ceil(content.length / TOKEN)
  return {
    ...{ prompt_tokens: taken, completion_tokens: given },
    ...{ input_tokens: taken, output_tokens: given },
    ...{ promptTokenCount: taken, candidatesTokenCount: given },
  }
}
