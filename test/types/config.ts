import { type Options, type StreamgateConfig, streamgate } from '../../lib/index.ts'
import { openaiCompatible } from '../../lib/provider.ts'

/** What the compiler makes of configs. It is never run: each line stands as long as `tsc` passes. */

const openai = { provider: 'openai', api_key: process.env.OPENAI_API_KEY } as const
const mine = openaiCompatible({ name: 'mine', baseUrl: 'http://localhost:11434/v1' })

export function accepted(options: Options): void {
  streamgate({ provider: 'openai' })
  streamgate({ ...openai, total_timeout: 60_000, override_params: { model: 'gpt-5' } })
  streamgate({ targets: [openai, { targets: [openai, { ...openai, weight: 2 }], strategy: { mode: 'loadbalance' } }] })
  streamgate({ aws_region: process.env.AWS_REGION, targets: [{ provider: 'bedrock', bedrock_api: 'invoke' }] })
  streamgate({
    strategy: {
      mode: 'conditional',
      conditions: [routed({ 'metadata.plan': 'pro', $or: [{ 'params.n': { $gt: 1 } }] })],
      default: 'a',
    },
    targets: [openai],
  })
  streamgate({ $schema: './gateway.schema.json', provider: 'cohere', api_version: 'v1' })
  streamgate(JSON.parse('{}'))
  streamgate({ provider: 'mine', aws_region: 'x', openai_project: 'y' }, { providers: { mine } })
  streamgate({ targets: [openai, { provider: 'mine' }] }, { providers: { mine }, maxSockets: 5 })
  // The names of providers in such options are not known to the compiler.
  streamgate({ provider: 'theirs' }, options)
}

export function refused(): void {
  // @ts-expect-error: a key that is misspelt
  streamgate({ tragets: [] })
  // @ts-expect-error: beside a provider, too
  streamgate({ provider: 'openai', tragets: [] })
  // @ts-expect-error: neither a provider nor targets
  streamgate({ request_timeout: 5 })
  // @ts-expect-error: a provider that there is not
  streamgate({ provider: 'opena1' })
  // @ts-expect-error: nor further in
  streamgate({ targets: [{ provider: 'opena1' }] })
  // @ts-expect-error: both a provider and targets
  streamgate({ provider: 'openai', targets: [openai] })
  // @ts-expect-error: a field of another provider
  streamgate({ provider: 'openai', aws_region: 'us-east-1' })
  // @ts-expect-error: a version that there is not
  streamgate({ provider: 'cohere', api_version: 'v3' })
  // @ts-expect-error: a key of the whole request, further in
  streamgate({ targets: [{ provider: 'openai', total_timeout: 5 }] })
  // @ts-expect-error: a key of another mode
  streamgate({ strategy: { mode: 'fallback', sticky: 'user' }, targets: [openai] })
  // @ts-expect-error: a mode without its conditions
  streamgate({ strategy: { mode: 'conditional' }, targets: [openai] })
  // @ts-expect-error: a key in an object of settings
  streamgate({ provider: 'openai', retry: { attempt: 1 } })
  // @ts-expect-error: a word that is none
  streamgate({ provider: 'openai', mid_stream: 'resart' })
  // @ts-expect-error: a provider that is not among the application's own
  streamgate({ provider: 'yours' }, { providers: { mine } })
  // @ts-expect-error: an operator that there is not
  routed({ 'params.a': { $gtee: 1 } })
  // @ts-expect-error: neither a parameter nor an entry of the metadata
  routed({ 'headers.a': 1 })
}

type Strategy = Exclude<Extract<StreamgateConfig, { targets: unknown }>['strategy'], undefined>
type Condition = Extract<Strategy, { conditions: unknown }>['conditions'][number]

function routed(query: Condition['query']): Condition {
  const then = 'a'
  return { query, then }
}
