/** What stands behind `streamgate`; without any of them it serves. */
export const COMMAND_NAMES = ['init', 'check', 'replay', 'record'] as const

/** One of the program's commands. */
export interface Command<Args> {
  readonly usage: string
  /** Throws an Error that says what is wrong with the arguments. */
  read(argv: readonly string[]): Args
  /** Resolves with the exit code, or with undefined if the program is to go on. What it throws is told line by line. */
  run(args: Args): Promise<number | undefined>
}

/** Runs a command: 0 is success, 1 means that the work failed, 2 that the arguments are wrong. */
export async function execute<Args>(
  { usage, read, run }: Command<Args>,
  argv: readonly string[],
): Promise<number | undefined> {
  if (argv.includes('--help') || argv.includes('-h')) {
    console.log(usage)
    return 0
  }
  let args: Args
  try {
    args = read(argv)
  } catch (error) {
    const [synopsis = ''] = usage.split('\n\n', 1)
    console.error(`streamgate: ${(error as Error).message}\n\n${synopsis}\n\n--help has all options.`)
    return 2
  }
  try {
    return await run(args)
  } catch (error) {
    for (const line of (error as Error).message.split('\n')) console.error(`streamgate: ${line}`)
    return 1
  }
}
