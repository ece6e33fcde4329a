import { Console } from 'node:console'
import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { type Command, execute } from '../../lib/cli/command.ts'

interface Outside {
  env?: Readonly<Record<string, string>>
  /** What its standard input has. */
  input?: string | Buffer
}

/** What one of the program's commands writes, and its exit code: as of a program of its own, without the start of one. */
export async function executed<Args>(
  command: Command<Args>,
  args: readonly string[],
  { env = {}, input = '' }: Outside = {},
): Promise<{ code: number | undefined; stdout: string; stderr: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const written = Promise.all([text(stdout), text(stderr)])
  const stdin = Readable.from([Buffer.from(input)])
  const restore = [
    replaced(globalThis, { console: new Console(stdout, stderr) }),
    replaced(process, { stdin, stdout, stderr, env: { ...process.env, ...env } }),
  ]
  try {
    const code = await execute(command, args)
    stdout.end()
    stderr.end()
    const [out, errors] = await written
    return { code, stdout: out, stderr: errors }
  } finally {
    for (const each of restore) each()
  }
}

/** Puts other values in place of these properties. Answers what puts them back. */
function replaced(object: object, values: Readonly<Record<string, unknown>>): () => void {
  const names = Object.keys(values)
  const before = names.map((name) => [name, Object.getOwnPropertyDescriptor(object, name) ?? {}] as const)
  for (const name of names) {
    Object.defineProperty(object, name, { value: values[name], configurable: true, writable: true })
  }
  return () => {
    for (const [name, descriptor] of before) Object.defineProperty(object, name, descriptor)
  }
}
