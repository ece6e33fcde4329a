import type { Recording } from '../recordings.ts'
import { systemOf } from '../systems.ts'
import { readAnthropic } from './anthropic.ts'
import { readConverse, readInvoke } from './bedrock.ts'
import { readCohereV1, readCohereV2 } from './cohere.ts'
import { readGemini } from './gemini.ts'
import { readOpenai } from './openai.ts'
import { newReading, type Reading } from './reading.ts'
import { readResponses } from './responses.ts'
import { jsonArray, jsonLines, sseEvents } from './wire.ts'

/**
 * What a body says, read from its bytes in the plainest way, by the providers' documentation and with nothing of lib/. A
 * body that is cut inside an event is read up to there.
 */
export function read(recording: Recording, body: Buffer): Reading {
  const reading = newReading()
  try {
    READERS[systemOf(recording)]?.(body, reading, recording)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  const choices = [...reading.choices.values()]
  reading.whole &&=
    reading.error === undefined && choices.length > 0 && choices.every(({ finish }) => finish !== undefined)
  for (const choice of choices) {
    // Clients run tools when, and only when, the reason says so.
    if (choice.finish === 'stop' && choice.calls.length > 0) choice.finish = 'tool_calls'
    if (choice.finish === 'tool_calls' && choice.calls.length === 0) choice.finish = 'stop'
  }
  return reading
}

type Reader = (body: Buffer, reading: Reading, recording: Recording) => void

const openai: Reader = (body, reading) => readOpenai(sseEvents(body), reading)

const READERS: Readonly<Record<string, Reader>> = {
  openai,
  azure: openai,
  'openai responses': (body, reading) => readResponses(sseEvents(body), reading),
  groq: openai,
  together: openai,
  mistral: openai,
  anthropic: (body, reading) => readAnthropic(sseEvents(body), reading),
  gemini: (body, reading, { framing }) => readGemini(framing === 'json' ? jsonArray(body) : sseEvents(body), reading),
  cohere: (body, reading) => readCohereV2(sseEvents(body), reading),
  'cohere v1': (body, reading) => readCohereV1(jsonLines(body), reading),
  bedrock: readConverse,
  'bedrock invoke': (body, reading, { wire_quirks }) => {
    const inner = wire_quirks.find((quirk) => quirk.startsWith('inner:'))
    readInvoke(body, inner?.slice('inner:'.length) ?? '', reading)
  },
}
