import type { Provider } from '../../test/clients/standalone.ts'

/** What people use as it is, too large or too foreign to be a dependency: it is installed for this alone. */
export interface Client {
  /** As the table has it, with its version. */
  readonly name: string
  readonly version: string
  /** Systems beside those that all are tried with. */
  readonly others?: readonly Provider[]
  /** Whether it is asked for streams; a library for whole answers, too. */
  readonly streams: readonly boolean[]
  /** A call of the client's own tool that runs this command of a shell. */
  call(command: string): { name: string; arguments: Record<string, unknown> }
  /** Installs it where that was not done before. Rejects if it cannot be had. */
  start(): Promise<StartedClient>
}

export interface StartedClient {
  /** Has one turn with it. Resolves when it has ended, and rejects if it did not, or in none of the ways that it should. */
  turn(options: TurnOptions): Promise<Turn>
  close(): void
}

export interface TurnOptions {
  readonly baseURL: string
  readonly model: string
  readonly prompt: string
  readonly stream: boolean
  /** Where its tools run. */
  readonly workDir: string
  /** Empty, for its own files. */
  readonly homeDir: string
}

/** What people see of a turn. */
export interface Turn {
  /** The model's messages. */
  readonly texts: readonly string[]
  /** What the client says went wrong; undefined: the turn went well. */
  readonly error: string | undefined
}
