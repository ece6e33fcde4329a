/** Streams of one's own between the provider and the client: they see OpenAI's chunks, whichever provider answers. */
import { Transform } from 'node:stream'
import express, { type Express } from 'express'
import { type AttemptStart, type Chunk, type ChunkChoice, type StreamgateConfig, streamgate } from '../lib/index.ts'

/** Where words are hidden. Arguments of tool calls pass as they are, they would no longer be what the tool needs. */
const FIELDS = ['content', 'reasoning_content', 'refusal'] as const
const REPLACEMENT = '[redacted]'

/** Hides words, also those that come in pieces. What waits at the end goes out ahead of the finish reason. */
export function redact(words: readonly string[]): Transform {
  const redactors = new Map<string, ReturnType<typeof redactor>>()
  const hide = (choice: ChunkChoice): ChunkChoice => {
    const delta = { ...choice.delta }
    const last = choice.finish_reason !== null
    for (const field of FIELDS) {
      const key = `${choice.index} ${field}`
      const known = redactors.get(key) ?? redactor(words)
      redactors.set(key, known)
      const text = known(delta[field] ?? '', last)
      if (text !== '') delta[field] = text
      else delete delta[field]
    }
    // Log probabilities name the tokens one by one.
    return { ...choice, delta, logprobs: null, finish_reason: null }
  }

  return new Transform({
    objectMode: true,
    transform(chunk: Chunk, _encoding, done) {
      const hidden = { ...chunk, choices: chunk.choices.map(hide) }
      if (hidden.choices.some(({ delta }) => Object.keys(delta).length > 0)) this.push(hidden)
      const ends = chunk.choices.length === 0 || chunk.choices.some(({ finish_reason }) => finish_reason !== null)
      done(null, ends ? chunk : undefined)
    },
  })
}

/** For one text that comes in pieces: what may be the beginning of a word waits for the next piece. */
function redactor(words: readonly string[]): (piece: string, last: boolean) => string {
  const longest = Math.max(0, ...words.map(({ length }) => length))
  let waiting = ''
  return (piece, last) => {
    const text = words.reduce((rest, word) => rest.replaceAll(word, REPLACEMENT), waiting + piece)
    let wait = last ? 0 : Math.min(longest - 1, text.length)
    while (wait > 0 && !words.some((word) => word.startsWith(text.slice(-wait)))) wait -= 1
    waiting = text.slice(text.length - wait)
    return text.slice(0, text.length - wait)
  }
}

/** Changes nothing, and tells how much came. A stream that breaks off never gets to its `flush`. */
export function count(told: (chunks: number, characters: number) => void): Transform {
  let chunks = 0
  let characters = 0
  return new Transform({
    objectMode: true,
    transform(chunk: Chunk, _encoding, done) {
      chunks += 1
      for (const { delta } of chunk.choices) characters += delta.content?.length ?? 0
      done(null, chunk)
    },
    flush(done) {
      told(chunks, characters)
      done()
    },
  })
}

export type Tell = (attempt: AttemptStart, chunks: number, characters: number) => void

/** The function makes new streams for each attempt, as a stream serves once. */
export function createApp(config: StreamgateConfig, words: readonly string[], tell: Tell): Express {
  const gate = streamgate(config, {
    transforms: (attempt) => [count((chunks, characters) => tell(attempt, chunks, characters)), redact(words)],
  })
  return express().use('/v1', gate)
}

if (process.argv[1] === import.meta.filename) {
  const { OPENAI_API_KEY, PORT = '8787' } = process.env
  const app = createApp({ provider: 'openai', api_key: OPENAI_API_KEY }, ['Voldemort'], (attempt, chunks, characters) =>
    console.log(`${attempt.provider}: ${characters} characters in ${chunks} chunks`),
  )
  app.listen(Number(PORT), '127.0.0.1', () => console.log(`http://127.0.0.1:${PORT}/v1`))
}
