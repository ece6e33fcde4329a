import { createApp } from '../../lib/cli/app.ts'
import { streamgate } from '../../lib/index.ts'
import { serve } from '../helpers/client.ts'
import { fallback } from '../helpers/gateway.ts'
import { type Reply, type Scripted, scripted } from '../helpers/upstream.ts'
import { SYSTEMS } from '../sdk/systems/index.ts'
import { type Answer, reply, type System } from '../sdk/systems/system.ts'
import { nativeOpenai } from './native-openai.ts'

/** What every client asks, and what the providers answer. */
export const QUESTION = 'How is the weather in Paris?'
export const TEXT = { text: ['It is ', 'sunny.'] } satisfies Answer
export const CALL = { calls: [{ id: 'pariS0001', name: 'get_weather', arguments: { city: 'Paris' } }] } satisfies Answer
export const OBJECT = { text: ['{"city":"Par', 'is","sunny":true}'] } satisfies Answer
export const THOUGHT = { reasoning: 'No cloud in sight.', ...TEXT } satisfies Answer

/** The provider's turn that a client must have sent once it has run the tool of `CALL`. */
export const RESULT = { results: [{ name: 'get_weather', arguments: { city: 'Paris' }, result: 'sunny' }] }

export interface Standalone {
  /** All that a client is given. */
  baseURL: string
  /** The provider of each target. */
  providers: readonly Scripted[]
  close(): Promise<void>
}

/** A provider's double, and streamgate's standalone proxy in front of it. */
export interface Provider extends System {
  name: string
  /** The model that thinks aloud; undefined if none of the provider does. */
  thinker: string | undefined
  /** The proxy, with a target for each list of replies; a target gives them in turn. */
  behind(...targets: (Reply | readonly Reply[])[]): Promise<Standalone>
  /** Answers in full. */
  says(answer: Answer): Reply
  /** Hangs up after the first piece of the text. */
  breaksOff(answer: typeof TEXT): Reply
  /** Hangs up in the middle of what it sends. */
  tellsHalf(answer: Answer): Reply
  /** Hangs up before the last event, behind all that the answer says. */
  tellsAllButItsEnd(answer: Answer): Reply
  /** Falls silent after the first piece of the text. */
  stalls(answer: typeof TEXT): Reply
  /** Answers with `error`. */
  fails(): Reply
}

const providerOf = ([name, system]: [string, System]): Provider => ({
  ...system,
  name,
  thinker: system.thoughts === 'told' ? (system.models?.reasoning ?? system.model) : undefined,
  behind: (...targets) => standalone(system, targets),
  says: (answer) => reply(system, answer),
  breaksOff: (answer) => ({ ...reply(system, answer), chunks: beginning(system, answer), finish: 'cut' }),
  tellsHalf: (answer) => ({ ...reply(system, answer), chunks: [half(system.tell(answer))], finish: 'cut' }),
  tellsAllButItsEnd: (answer) => ({
    ...reply(system, answer),
    chunks: system.tell(answer).slice(0, -1),
    finish: 'cut',
  }),
  stalls: (answer) => ({ ...reply(system, answer), chunks: beginning(system, answer), finish: 'hang' }),
  fails: () => ({ status: system.error.status, chunks: [JSON.stringify(system.error.body)] }),
})

export const PROVIDERS: readonly Provider[] = Object.entries(SYSTEMS).map(providerOf)

export const named = (wanted: string) => PROVIDERS.find(({ name }) => name === wanted) as Provider

/** The one that clients of the Responses API are passed on to. */
export const NATIVE_OPENAI: Provider = providerOf(['openai, natively', nativeOpenai])

async function standalone(system: System, targets: (Reply | readonly Reply[])[]): Promise<Standalone> {
  const providers = await Promise.all(targets.map((replies) => scripted(...[replies].flat())))
  const asked = providers.map(({ url }) => spokenTo(system, url))
  // Empty answers are to be read here, too.
  const gate = streamgate({ ...fallback(...asked), fail_on: ['invalid_tool_calls', 'invalid_json'] })
  const { url, close } = await serve(createApp(gate, { phase: 'serving' }, {}))
  return {
    baseURL: `${url}/v1`,
    providers,
    async close() {
      await close()
      gate.close()
      await Promise.all(providers.map((provider) => provider.close()))
    },
  }
}

/** The double of a system that has several APIs speaks chat completions. */
function spokenTo({ target }: System, url: string): Record<string, unknown> {
  const own = { ...target(url), api_key: 'sk-provider' }
  const { provider } = own as { provider?: string }
  return provider === 'openai' || provider === 'azure-openai' ? { openai_api: 'chat', ...own } : own
}

/** All that comes before the second piece of the text. */
function beginning({ tell }: System, { text: [first = ''] }: typeof TEXT): (string | Buffer)[] {
  const [one, two] = [tell({ text: [first] }), tell({ text: [first, 'and more'] })]
  const end = one.findIndex((chunk, index) => !Buffer.from(chunk).equals(Buffer.from(two[index] ?? '')))
  return one.slice(0, end)
}

function half(chunks: (string | Buffer)[]): Buffer {
  const bytes = Buffer.concat(chunks.map((chunk) => Buffer.from(chunk)))
  return bytes.subarray(0, bytes.length / 2)
}
