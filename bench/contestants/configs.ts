import type { StreamgateConfig, TargetConfig } from '../../lib/index.ts'
import type { Content, Dialect } from '../bodies/body.ts'

/**
 * `messages` and `responses` are what the clients speak, in place of chat completions. `two-workers` and `node-defaults` are for the
 * program: with `--workers 2`, and with the young generation as Node has it.
 */
export type Scenario =
  | 'plain'
  | 'hooks'
  | 'telemetry'
  | 'messages'
  | 'responses'
  | 'fallback'
  | 'restart'
  | 'hedge'
  | 'hedge-late'
  | '100-targets'
  | 'two-workers'
  | 'node-defaults'

interface Played {
  /** The origin of the upstream. */
  upstream: string
  dialect: Dialect
  content: Content
  scenario: Scenario
}

/** What a gateway is to do for a scenario. */
export function configOf({ upstream, dialect, content, scenario }: Played): StreamgateConfig {
  // Arguments and thoughts that repeat need not make a usable answer.
  const lenient = content === 'text' ? {} : { fail_on: [] }
  const target = (path = '') => ({ ...PROVIDERS[dialect](upstream + path), ...lenient })
  const two = (first: string) => [target(first), target()]
  switch (scenario) {
    case 'responses':
      // The upstream knows OpenAI's other API alone.
      return { ...target(), ...(dialect === 'openai' && { openai_api: 'chat' as const }) }
    case 'fallback':
      return { strategy: { mode: 'fallback' }, targets: two('/fail') }
    case 'restart':
      return { strategy: { mode: 'fallback' }, targets: two('/cut') }
    case 'hedge':
      return { strategy: { mode: 'hedge', delay: 1000, max_extra: 1 }, targets: two('') }
    case 'hedge-late':
      return { strategy: { mode: 'hedge', delay: 10, max_extra: 1 }, targets: two('/late') }
    case '100-targets':
      return { strategy: { mode: 'loadbalance' }, targets: Array.from({ length: 100 }, () => target()) }
    default:
      return target()
  }
}

const common = { api_key: 'key' }

const PROVIDERS: Readonly<Record<Dialect, (host: string) => TargetConfig>> = {
  openai: (host) => ({ ...common, provider: 'openai', custom_host: `${host}/v1` }),
  azure: (host) => ({
    ...{ ...common, provider: 'azure-openai', custom_host: `${host}/openai` },
    api_version: '2024-10-21',
  }),
  groq: (host) => ({ ...common, provider: 'groq', custom_host: `${host}/v1` }),
  together: (host) => ({ ...common, provider: 'together-ai', custom_host: host }),
  mistral: (host) => ({ ...common, provider: 'mistral-ai', custom_host: `${host}/v1` }),
  anthropic: (host) => ({ ...common, provider: 'anthropic', custom_host: `${host}/v1` }),
  gemini: (host) => ({ ...common, provider: 'google', custom_host: host }),
  'gemini-array': (host) => ({ ...common, provider: 'google', custom_host: host }),
  cohere: (host) => ({ ...common, provider: 'cohere', api_version: 'v2', custom_host: host }),
  'cohere-v1': (host) => ({ ...common, provider: 'cohere', api_version: 'v1', custom_host: host }),
  bedrock: (host) => ({ ...common, provider: 'bedrock', aws_region: 'us-east-1', custom_host: host }),
  'bedrock-invoke': (host) => ({
    ...{ ...common, provider: 'bedrock', bedrock_api: 'invoke', aws_region: 'us-east-1', custom_host: host },
  }),
}
