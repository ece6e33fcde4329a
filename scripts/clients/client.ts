import type { Provider } from '../../test/clients/standalone.ts'

/** A program that people use as it is, too large to be a dependency: it is installed for this alone. */
export interface AgentClient {
  /** As the table has it. */
  readonly name: string
  /** The package on npm, at the version that was tried. */
  readonly package: string
  readonly version: string
  /** The program in the package's `bin`. */
  readonly bin: string
  /** Systems beside those that all are tried with. */
  readonly others?: readonly Provider[]
  /** A call of the client's own tool that runs this command of a shell. */
  call(command: string): { name: string; arguments: Record<string, unknown> }
  /** Has one turn with it. Resolves when it has ended. */
  turn(options: TurnOptions): Promise<Turn>
}

export interface TurnOptions {
  /** The path of the program. */
  readonly bin: string
  readonly baseURL: string
  readonly model: string
  readonly prompt: string
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
