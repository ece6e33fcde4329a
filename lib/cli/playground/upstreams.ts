import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type Choices, type EmulatedProvider, MODELS, PATIENCE_MS } from './choices.ts'
import { emulator, type Voice } from './emulator.ts'
import { faultyFront } from './faulty.ts'

/** The emulated providers of the playground. */
export interface Upstreams {
  /** A config whose targets are emulated and fail as chosen. */
  configFor(choices: Choices): Record<string, unknown>
  close(): Promise<void>
}

/** In milliseconds. */
interface Times {
  /** From one piece of an answer to the next, so that one can watch the stream. */
  pace: number
  /** See `PATIENCE_MS`. */
  patience: number
}

const TIMES: Times = { pace: 45, patience: PATIENCE_MS }

/** What a provider's base URL ends in, where it is not the server's root. */
const BASE: Partial<Record<EmulatedProvider, string>> = {
  openai: '/v1',
  anthropic: '/v1',
  'azure-openai': '/openai',
  groq: '/openai/v1',
  'mistral-ai': '/v1',
}

/** The page says that they are. */
const MADE_UP_PRICES = { '*': { input: 1, output: 4 } }

/** Starts them on free ports of this machine. */
export async function startUpstreams({ pace, patience } = TIMES): Promise<Upstreams> {
  const [first, second] = await Promise.all([startVoice('first', pace), startVoice('second', pace)])
  return {
    configFor: ({ targets, midStream, retries, after, ownWords }) => ({
      strategy: { mode: 'fallback' },
      mid_stream: midStream === 'error' ? midStream : midStream.split(','),
      retry: { attempts: retries },
      prices: MADE_UP_PRICES,
      targets: targets.map(({ provider, fault }, index) => {
        const { url } = ownWords && index % 2 === 1 ? second : first
        const late = fault === 'stall' || fault === 'slow'
        return {
          name: nameOf(targets, index),
          provider,
          api_key: 'offline',
          custom_host: `${url}/${fault}/${after}${BASE[provider] ?? ''}`,
          override_params: { model: MODELS[provider] },
          ...(provider === 'azure-openai' && { deployment_id: MODELS[provider], api_version: '2024-10-21' }),
          ...(late && { first_chunk_timeout: patience, idle_timeout: patience }),
        }
      }),
    }),
    close: async () => {
      await Promise.all([first.close(), second.close()])
    },
  }
}

/** The provider's, told apart from the same one before it. */
function nameOf(targets: Choices['targets'], index: number): string {
  const provider = targets[index]?.provider
  const before = targets.slice(0, index).filter((each) => each.provider === provider).length
  return before === 0 ? `${provider}` : `${provider} ${before + 1}`
}

async function startVoice(voice: Voice, pace: number): Promise<{ url: string; close(): Promise<void> }> {
  const mock = emulator(voice, pace)
  const front = faultyFront(await mock.start())
  await once(front.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(front.address() as AddressInfo).port}`,
    async close() {
      front.closeAllConnections()
      front.close()
      await mock.stop()
    },
  }
}
