import assert from 'node:assert/strict'
import { cleanup } from '../helpers/gateway.ts'
import { DONE, openaiChunk, type Reply, ROLE, STOP, text } from '../helpers/upstream.ts'
import type { Answer } from '../sdk/systems/system.ts'
import { READERS, type Read, type Reader } from './readers.ts'
import { PROVIDERS, type Provider, TEXT } from './standalone.ts'

const weather = (id: string, args: Record<string, unknown>) => ({ id, name: 'get_weather', arguments: args })

/** Answers at which clients are known to stumble. */
const ODD: Readonly<Record<string, Answer>> = {
  'no text at all': { text: [] },
  'thoughts and no text': { reasoning: 'No cloud in sight.' },
  'two calls at once': { calls: [weather('pariS0001', { city: 'Paris' }), weather('romE00002', { city: 'Rome' })] },
  'text before a call': { text: ['I will look.'], calls: [weather('pariS0001', { city: 'Paris' })] },
  'a call without arguments': { calls: [weather('pariS0001', {})] },
  'an end for length': { text: ['It is ', 'sun'], end: 'length' },
  'characters of many bytes': { text: ['Grüße, 日', '本 👩‍👩‍👧‍👦', '\u2028"\\\n\t'] },
  'the words of the protocol': { text: ['data: [DONE]\n\n', 'event: error\n', '[DONE]'] },
  'a large piece': { text: ['x'.repeat(2 ** 18)] },
  'many pieces': { text: Array.from({ length: 200 }, (_, index) => `${index} `) },
}

/** What only OpenAI's own format can tell. */
const OPENAI_ONLY: Readonly<Record<string, { chunks: string[]; expected: Partial<Read> }>> = {
  'a filter before any text': {
    chunks: [openaiChunk({}, 'content_filter')],
    expected: { finish: 'content_filter' },
  },
  'a filter after some text': {
    chunks: [text('It is '), openaiChunk({}, 'content_filter')],
    expected: { text: 'It is ', finish: 'content_filter' },
  },
  'text and the end in one chunk': {
    chunks: [openaiChunk({ content: 'Sunny.' }, 'stop')],
    expected: { text: 'Sunny.', finish: 'stop' },
  },
}

/**
 * All clients read what comes from OpenAI. What comes from another provider has the same form, so one of them reads each of its
 * answers, in turn: every client meets every answer, and every provider.
 */
function clientsOf(provider: Provider, turn: number): [client: string, read: Reader][] {
  const all = Object.entries(READERS)
  if (provider.name === 'openai') return all
  const start = PROVIDERS.indexOf(provider) + turn
  return all.filter((_, at) => (start + at) % all.length === 0)
}

describe('odd answers, as all clients read them', () => {
  const opened = cleanup()

  async function readInTurn(turn: number, provider: Provider, model: string, reply: Reply, expected: Read) {
    const { baseURL } = await opened(provider.behind(inPieces(reply)))
    for (const [client, read] of clientsOf(provider, turn)) {
      for (const stream of [true, false]) {
        assert.deepEqual(await read(baseURL, model, stream), expected, `${client}, stream: ${stream}`)
      }
    }
  }

  for (const provider of PROVIDERS) {
    for (const [turn, [what, answer]] of Object.entries(ODD).entries()) {
      const model = answer.reasoning === undefined ? provider.model : provider.thinker
      if (model === undefined) continue
      it(`${provider.name}: ${what}`, async () => {
        const { text = [], calls = [], end } = answer
        await readInTurn(turn, provider, model, provider.says(answer), {
          text: text.join(''),
          calls: calls.map(({ name, arguments: args }) => ({ name, arguments: args })),
          finish: end ?? (calls.length > 0 ? 'tool_calls' : 'stop'),
        })
      })
    }
  }

  for (const provider of PROVIDERS) {
    it(`${provider.name}: an answer that starts over, which is told beside the text`, async () => {
      const other = provider.says({ text: ['Rain, ', 'I fear.'] })
      const { baseURL } = await opened(provider.behind(provider.breaksOff(TEXT), other))
      for (const [client, read] of clientsOf(provider, 0)) {
        const ending = { calls: [], finish: 'stop' }
        const streamed = await read(baseURL, provider.model, true)
        assert.deepEqual(streamed, { text: 'It is Rain, I fear.', ...ending }, client)
        const whole = await read(baseURL, provider.model, false)
        assert.deepEqual(whole, { text: 'Rain, I fear.', ...ending }, client)
      }
    })
  }

  for (const provider of PROVIDERS.filter(({ name }) => name === 'openai')) {
    const { model } = provider

    for (const [what, { chunks, expected }] of Object.entries(OPENAI_ONLY)) {
      it(`openai: ${what}`, async () => {
        const nothing = { text: '', calls: [], finish: undefined }
        await readInTurn(0, provider, model, { chunks: [ROLE, ...chunks, DONE] }, { ...nothing, ...expected })
      })
    }

    // The AI SDK takes it for text that ended by a filter, the others keep it apart.
    it('openai: a refusal', async () => {
      const refusal = openaiChunk({ refusal: 'I will not.' })
      const { baseURL } = await opened(provider.behind({ chunks: [ROLE, refusal, STOP, DONE] }))
      for (const [client, read] of Object.entries(READERS)) {
        for (const stream of [true, false]) {
          const { text, finish } = await read(baseURL, model, stream)
          const forms = [
            { text: 'I will not.', finish: 'content_filter' },
            { text: '', finish: 'stop' },
          ]
          assert.ok(
            forms.some((form) => form.text === text && form.finish === finish),
            `${client}: ${text}, ${finish}`,
          )
        }
      }
    })
  }
})

/** The same, cut where no event ends. */
function inPieces(reply: Reply): Reply {
  const bytes = Buffer.concat((reply.chunks ?? []).map((chunk) => Buffer.from(chunk)))
  const size = Math.max(7, Math.ceil(bytes.length / 300))
  const starts = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => index * size)
  return { ...reply, chunks: starts.map((start) => bytes.subarray(start, start + size)) }
}
