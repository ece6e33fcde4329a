import type { Answer } from '../answers.ts'
import type { Random } from '../random.ts'
import { type Dialect, partsOf, sse } from './dialect.ts'

function geminiEvents(answer: Answer, random: Random): { frames: unknown[]; finished: number } {
  const content = partsOf(answer, random).map((part) => {
    if ('text' in part) return { text: part.text }
    if ('reasoning' in part) return { text: part.reasoning, thought: true }
    return { functionCall: { name: part.call.name, args: JSON.parse(part.call.arguments) as unknown } }
  })
  const usageMetadata = { promptTokenCount: 3, candidatesTokenCount: 2, totalTokenCount: 5 }
  const frame = (parts: unknown[], more = {}) => ({
    candidates: [{ content: { parts, role: 'model' }, index: 0, ...more }],
    usageMetadata,
    modelVersion: 'gemini',
    responseId: 'r1',
  })
  const frames: unknown[] = []
  while (content.length > 0) frames.push(frame(content.splice(0, random.chance(0.8) ? 1 : random.between(2, 4))))
  frames.push(frame([{ text: '' }], { finishReason: answer.finish === 'length' ? 'MAX_TOKENS' : 'STOP' }))
  return { frames, finished: frames.length }
}

const geminiError = { error: { code: 503, message: 'Overloaded', status: 'UNAVAILABLE' } }

export function geminiSse(name: string, config: Record<string, unknown>): Dialect {
  return {
    name,
    config: { ...config, override_params: { model: 'gemini-2.0-flash' } },
    prefill: true,
    tells: { reasoning: true, calls: true },
    contentType: 'text/event-stream',
    stream(answer, random) {
      const { frames, finished } = geminiEvents(answer, random)
      const end = random.chance(0.8) ? '\r\n\r\n' : '\n\n'
      return { events: frames.map((frame) => Buffer.from(`data: ${JSON.stringify(frame)}${end}`)), finished }
    },
    error: Buffer.from(sse(geminiError)),
    garbage: Buffer.from('\r\n\r\ndata: {"candid\r\n\r\n'),
  }
}

export const geminiArray: Dialect = {
  ...geminiSse('google array', { provider: 'google' }),
  contentType: 'application/json; charset=UTF-8',
  stream(answer, random) {
    const { frames, finished } = geminiEvents(answer, random)
    const texts = frames.map((frame, n) => `${n === 0 ? '[' : ',\r\n'}${JSON.stringify(frame)}`)
    return { events: [...texts, '\n]\n'].map((text) => Buffer.from(text)), finished }
  },
  error: Buffer.from(`,\r\n${JSON.stringify(geminiError)}`),
  garbage: Buffer.from(',{oops},'),
}
