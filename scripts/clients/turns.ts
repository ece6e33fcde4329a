import { type Provider, TEXT } from '../../test/clients/standalone.ts'
import type { Reply } from '../../test/helpers/upstream.ts'
import type { Answer } from '../../test/sdk/systems/system.ts'
import type { Turn } from './client.ts'

/** What happens in a turn: the replies of each target, and what the client is to make of them. */
export interface Script {
  readonly title: string
  /** In the words of the table. */
  readonly expected: string
  readonly targets: (provider: Provider, call: Answer) => readonly (readonly Reply[])[]
  /** How often the client's tool has to run; undefined: it ends in an error, and runs none. */
  readonly runs: number | undefined
}

export const SCRIPTS: readonly Script[] = [
  {
    title: 'a text',
    expected: 'the whole text, once',
    targets: (provider) => [[provider.says(TEXT)]],
    runs: 0,
  },
  {
    title: 'a turn that runs a tool',
    expected: 'the tool runs once, the whole text, once',
    targets: (provider, call) => [[provider.says(call), provider.says(TEXT)]],
    runs: 1,
  },
  {
    title: 'a cut in a text, with another target',
    expected: 'the whole text, once',
    targets: (provider) => [[provider.breaksOff(TEXT)], [provider.says(TEXT)]],
    runs: 0,
  },
  {
    title: 'a cut in a call, with another target',
    expected: 'the tool runs once, the whole text, once',
    targets: (provider, call) => [[provider.tellsHalf(call), provider.says(TEXT)], [provider.says(call)]],
    runs: 1,
  },
  {
    title: 'a cut behind a call, with another target',
    expected: 'the tool runs once, the whole text, once',
    targets: (provider, call) => [[provider.tellsAllButItsEnd(call), provider.says(TEXT)], [provider.says(call)]],
    runs: 1,
  },
  {
    title: 'a cut behind a call, and nobody left',
    expected: 'the tool never runs, an error',
    targets: (provider, call) => [[provider.tellsAllButItsEnd(call)]],
    runs: undefined,
  },
  {
    title: 'a cut in a text, and nobody left',
    expected: 'an error',
    targets: (provider) => [[provider.breaksOff(TEXT)]],
    runs: undefined,
  },
  {
    title: 'an error of every target',
    expected: 'an error',
    targets: (provider) => [[provider.fails()], [provider.fails()]],
    runs: undefined,
  },
]

/** What is wrong with a turn; undefined if it is as expected. */
export function wrongIn({ runs }: Script, { texts, error }: Turn, ran: number): string | undefined {
  if (runs === undefined) {
    if (error === undefined) return `no error, but ${JSON.stringify(texts)}`
    return ran === 0 ? undefined : `the tool ran ${ran} times`
  }
  if (error !== undefined) return error
  if (texts.join('|') !== TEXT.text.join('')) return `the text was ${JSON.stringify(texts)}`
  return ran === runs ? undefined : `the tool ran ${ran} times`
}
