import assert from 'node:assert/strict'
import { cleanup } from '../helpers/gateway.ts'
import type { Reply } from '../helpers/upstream.ts'
import type { Answer } from '../sdk/systems/system.ts'
import { inTurn } from './in-turn.ts'
import { CALL, NATIVE_OPENAI, PROVIDERS, type Provider, QUESTION, RESULT, TEXT } from './standalone.ts'

/** Says something before it calls: AI SDK refers to it by its id in the next step. */
const TALK = { ...CALL, text: ['Looking.'] } satisfies Answer
const NEXT = { calls: [{ id: 'london002', name: 'get_weather', arguments: { city: 'London' } }] } satisfies Answer

/** Where an answer with a call is cut. */
const BREAKS: Readonly<Record<string, (provider: Provider) => Reply>> = {
  'in its call': (provider) => provider.tellsHalf(TALK),
  'behind its call': (provider) => provider.tellsAllButItsEnd(TALK),
}

/** A tool that notes what it was asked. */
function weather() {
  const asked: string[] = []
  const run = (city: string) => {
    asked.push(city)
    return 'sunny'
  }
  return { asked, run }
}

/** A client of an agent's: asks a question, runs a tool as often as it is called, and gives the last text. */
export interface ToolClient {
  /** The pieces of a streamed text. Rejects for an answer that is lost. */
  stream(baseURL: string, model: string, question: string): Promise<string[]>
  /** Rejects if any answer is lost. */
  loop(baseURL: string, model: string, question: string, run: (city: string) => string): Promise<string>
  /** The system that the client leaves its history to. */
  keptBy?: string
}

/** The same turns with each client, in front of every system, and of one whose answers pass to these clients as they are. */
export function describeToolClients(clients: Readonly<Record<string, ToolClient>>, passed: Provider): void {
  const all = Object.entries(clients)
  const systems = [...new Set([...PROVIDERS, passed])]
  for (const [place, [client, own]] of all.entries()) {
    describeToolClient(client, own, systems, (provider) => inTurn(provider, place, all.length, passed))
  }
}

function describeToolClient(
  client: string,
  { stream, loop, keptBy }: ToolClient,
  systems: readonly Provider[],
  turnsOf: (provider: Provider) => ReturnType<typeof inTurn>,
): void {
  describe(`${client}, pointed at the standalone`, () => {
    const opened = cleanup()

    for (const provider of systems) {
      const { name, model, error: expected } = provider
      const itsTurn = turnsOf(provider)

      describe(`in front of ${name}`, () => {
        itsTurn('streams a text', async () => {
          const { baseURL } = await opened(provider.behind(provider.says(TEXT)))
          assert.deepEqual(await stream(baseURL, model, QUESTION), ['It is ', 'sunny.'])
        })

        it('runs a tool in a loop of three steps', async () => {
          const answers = [TALK, NEXT, TEXT].map((answer) => provider.says(answer))
          const { baseURL, providers } = await opened(provider.behind(answers))
          const { asked, run } = weather()
          assert.equal(await loop(baseURL, model, QUESTION, run), 'It is sunny.')
          assert.deepEqual(asked, ['Paris', 'London'])
          // What the client says then is passed on as it is.
          if (provider === NATIVE_OPENAI || name === keptBy) return
          const second = await providers[0]?.request(1)
          assert.deepEqual(second && provider.hear(second).turns.at(-1), RESULT)
          const third = await providers[0]?.request(2)
          const turns = third === undefined ? [] : provider.hear(third).turns
          assert.deepEqual(turns.at(-1), {
            results: [{ name: 'get_weather', arguments: { city: 'London' }, result: 'sunny' }],
          })
          assert.ok(JSON.stringify(turns[1]).includes('Looking.'), 'what it said before')
        })

        itsTurn('raises an error before the first token', async () => {
          const { baseURL } = await opened(provider.behind(provider.fails()))
          await assert.rejects(stream(baseURL, model, QUESTION), expected.message)
        })

        itsTurn('reports a cut with no target left', async () => {
          const { baseURL } = await opened(provider.behind(provider.breaksOff(TEXT)))
          await assert.rejects(stream(baseURL, model, QUESTION))
        })

        itsTurn('sees one whole answer when a second target rescues it', async () => {
          const { baseURL, providers } = await opened(provider.behind(provider.breaksOff(TEXT), provider.says(TEXT)))
          const pieces = await stream(baseURL, model, QUESTION)
          assert.equal(pieces.join(''), 'It is sunny.')
          assert.deepEqual(
            providers.map(({ requests }) => requests.length),
            [1, 1],
          )
        })

        for (const [where, breaks] of Object.entries(BREAKS)) {
          itsTurn(`never runs a tool whose answer was cut ${where}`, async () => {
            const { baseURL } = await opened(provider.behind(breaks(provider)))
            const { asked, run } = weather()
            await assert.rejects(loop(baseURL, model, QUESTION, run))
            assert.deepEqual(asked, [])
          })

          itsTurn(`runs a tool once when a second target rescues an answer that was cut ${where}`, async () => {
            const { baseURL } = await opened(
              provider.behind([breaks(provider), provider.says(TEXT)], provider.says(TALK)),
            )
            const { asked, run } = weather()
            assert.equal(await loop(baseURL, model, QUESTION, run), 'It is sunny.')
            assert.deepEqual(asked, ['Paris'])
          })
        }
      })
    }
  })
}
