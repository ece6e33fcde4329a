import { type ChatCompletionRequest, LLMock } from '@copilotkit/aimock'

/** Milliseconds from piece to piece, so that one can watch the stream. */
const PACE_MS = 45
/** Characters of a piece. */
const PIECE = 8
/** How much of a prompt the answer quotes, in characters. */
const QUOTED = 80
/** How many of the last words are repeated by who is asked to go on. */
const REPEATED_WORDS = 7

/** Speaks all providers' formats, at the pace of a model. `voice` chooses the words: two voices tell the same differently. */
export function emulator(voice: Voice): LLMock {
  const mock = new LLMock({ port: 0, latency: PACE_MS, chunkSize: PIECE, journalMaxEntries: 20 })
  return mock.on({}, (request) => ({ content: answerTo(request, voice) }))
}

export type Voice = 'first' | 'second'

const VOICES: Record<Voice, (prompt: string) => string> = {
  first: (prompt) =>
    `You wrote “${prompt}”. No model reads it: this answer is made up on your own machine, so it costs nothing and knows ` +
    'nothing. What matters is the way it takes. It comes a few letters at a time through one stream in the format of OpenAI, ' +
    'whichever provider tells it; and when that provider falls silent in the middle of a sentence, the next one goes on.',
  second: (prompt) =>
    `“${prompt}”, you ask, and another model answers in words of its own. What you had before is not the beginning of this, ` +
    'so nothing can be joined to it. Your client is told that the answer starts over, and can clear what it shows. Models ' +
    'differ, and even the same model seldom says the same thing twice.',
}

/** What a model would say, also to a request that has the beginning of its answer: goes on, and first repeats if asked to. */
function answerTo({ messages }: ChatCompletionRequest, voice: Voice): string {
  const prompt = textOf(messages.find(({ role }) => role === 'user')?.content)
  const quoted = prompt.length > QUOTED ? `${prompt.slice(0, QUOTED)}…` : prompt
  const begun = textOf(messages.findLast(({ role }) => role === 'assistant')?.content)
  const answers = [VOICES[voice], ...Object.values(VOICES)].map((tell) => tell(quoted))
  const [whole = ''] = answers.filter((answer) => answer.startsWith(begun))
  const rest = whole.slice(begun.length)
  if (begun === '' || messages.at(-1)?.role === 'assistant') return rest
  return begun.split(' ').slice(-REPEATED_WORDS).join(' ') + rest
}

function textOf(content: ChatCompletionRequest['messages'][number]['content'] | undefined): string {
  if (typeof content === 'string') return content
  return (content ?? []).map(({ text }) => text ?? '').join('')
}
