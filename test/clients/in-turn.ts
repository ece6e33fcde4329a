import { PROVIDERS, type Provider } from './standalone.ts'

/**
 * An `it` for what a client makes of an answer. Whichever system an answer comes from, it has the form of the client's dialect.
 * So each client meets all of them in front of the first system, and of one whose answers pass to it as they are; in front of
 * every other system each is met by one of `clients` clients, in turn, so that no client and no system is left out.
 */
export function inTurn(provider: Provider, client: number, clients: number, passed?: Provider) {
  let turn = PROVIDERS.indexOf(provider)
  return (title: string, test: () => Promise<void>): void => {
    turn += 1
    if (provider === PROVIDERS[0] || provider === passed || turn % clients === client) it(title, test)
  }
}
