import { type ChatCompletionRequest, LLMock } from '@copilotkit/aimock'
import type { TargetConfig } from '../config.ts'
import { begunIn, restOf } from './rest-of-answer.ts'

/** Milliseconds from piece to piece, so that one can watch the stream. */
const PACE_MS = 40

const GREETING =
  'Hello from the offline emulator: no provider was asked and nothing left this machine. Give --config to ask real ones.'

const RESCUED =
  'The first provider broke off in the middle of this sentence, the second one went on from there, and you see it once and whole.'

/** After this many events the first provider hangs up. */
const EVENTS_BEFORE_BREAK = 8

export interface Offline {
  /** A config with an emulated OpenAI, and an emulated Anthropic and Azure OpenAI to fall back to. */
  config: { targets: TargetConfig[] }
  /** What to tell the user, once streamgate listens at `url`. */
  welcome(url: string): string
  stop(): Promise<void>
}

/** Starts emulated providers on free ports of this machine. */
export async function startOffline(): Promise<Offline> {
  const unreliable = emulator({ truncateAfterChunks: EVENTS_BEFORE_BREAK })
  const reliable = emulator({})
  const [first, second] = await Promise.all([unreliable.start(), reliable.start()])
  return {
    config: {
      targets: [
        { name: 'first', provider: 'openai', custom_host: `${first}/v1`, api_key: 'offline' },
        {
          name: 'second',
          provider: 'anthropic',
          custom_host: `${second}/v1`,
          api_key: 'offline',
          override_params: { model: 'claude-sonnet-5' },
        },
        {
          name: 'third',
          provider: 'azure-openai',
          custom_host: `${second}/openai`,
          api_key: 'offline',
          deployment_id: 'gpt-4o',
          api_version: '2024-10-21',
        },
      ],
    },
    welcome: (url) =>
      [
        `streamgate listens at ${url}/v1; without --config, emulated providers on this machine answer.`,
        '',
        'Watch an answer stream:',
        `  ${curl(url, 'Say hello')}`,
        'The first provider breaks off in mid-answer, the second one saves it (see the log):',
        `  ${curl(url, 'Please fail')}`,
        '',
      ].join('\n'),
    async stop() {
      await Promise.all([unreliable.stop(), reliable.stop()])
    },
  }
}

/** Speaks all providers' formats. `onFail` is what befalls the answer to a prompt with the word "fail". */
function emulator(onFail: { truncateAfterChunks?: number }): LLMock {
  const mock = new LLMock({ port: 0, latency: PACE_MS, chunkSize: 8 })
  mock.on({ predicate: isHalfRescued }, ({ messages }) => ({ content: restOf(RESCUED, messages) }))
  mock.onMessage(/\bfail/i, { content: RESCUED }, onFail)
  mock.on({ userMessage: /weather/i, hasToolResult: false, predicate: offersTool }, weatherCall)
  mock.on({ predicate: isChat }, { content: GREETING })
  return mock
}

/** Of what matches nothing the emulator makes vectors, if it is asked for them. */
function isChat({ embeddingInput }: ChatCompletionRequest): boolean {
  return embeddingInput === undefined
}

/** Whether this asks for the rest of an answer that broke off. */
function isHalfRescued({ messages }: ChatCompletionRequest): boolean {
  const begun = begunIn(messages)
  return begun !== '' && RESCUED.startsWith(begun)
}

function offersTool({ tools }: ChatCompletionRequest): boolean {
  return tools !== undefined && tools.length > 0
}

/** Calls the first tool, with a city for its first parameter. */
function weatherCall({ tools }: ChatCompletionRequest) {
  const { name = 'get_weather', parameters = {} } = tools?.[0]?.function ?? {}
  const [parameter = 'city'] = Object.keys((parameters as { properties?: object }).properties ?? {})
  return { toolCalls: [{ name, arguments: JSON.stringify({ [parameter]: 'Paris' }) }] }
}

function curl(url: string, content: string): string {
  const body = JSON.stringify({ model: 'gpt-4o', stream: true, messages: [{ role: 'user', content }] })
  return `curl -N ${url}/v1/chat/completions -H 'content-type: application/json' -d '${body}'`
}
