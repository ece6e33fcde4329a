import { type ChatCompletionRequest, LLMock } from '@copilotkit/aimock'
import { begunIn, restOf, textOf } from '../rest-of-answer.ts'

/** Characters of a piece. */
const PIECE = 8
/** How much of a prompt the answer quotes, in characters. */
const QUOTED = 80

/** Speaks all providers' formats, with `pace` milliseconds from piece to piece. Two voices never answer in the same words. */
export function emulator(voice: Voice, pace: number): LLMock {
  const mock = new LLMock({ port: 0, latency: pace, chunkSize: PIECE, journalMaxEntries: 20 })
  return mock.on({}, (request) => {
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

/** What a model would say, also to a request that has the beginning of its answer. */
function answerTo({ messages }: ChatCompletionRequest, voice: Voice): string {
  const prompt = textOf(messages.find(({ role }) => role === 'user')?.content)
  const quoted = prompt.length > QUOTED ? `${prompt.slice(0, QUOTED)}…` : prompt
  const answers = [VOICES[voice], ...Object.values(VOICES)].map((answer) => answer(quoted))
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
