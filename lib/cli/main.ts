#!/usr/bin/env node
/**
 * streamgate as a program: `streamgate --help` tells how to use it.
 */
import { createRequire } from 'node:module'
import { nodeProblem } from '../node-version.ts'
import { type COMMAND_NAMES, execute } from './command.ts'
import { readEnvFile } from './env-file.ts'
import { holdYoungGeneration } from './young-generation.ts'

const problem = nodeProblem(process.versions.node)
if (problem !== undefined) {
  console.error(problem)
  process.exit(1)
}

type Run = (argv: readonly string[]) => Promise<number | undefined>

/** Each loads no more than it needs. */
const COMMANDS: Readonly<Record<(typeof COMMAND_NAMES)[number] | '--version' | '-v', Run>> = {
  init: async (argv) => execute((await import('./init.ts')).init, argv),
  check: async (argv) => execute((await import('./check.ts')).check, argv),
  replay: async (argv) => execute((await import('./replay.ts')).replay, argv),
  record: async (argv) => execute((await import('./record.ts')).record, argv),
  '--version': tellVersion,
  '-v': tellVersion,
}

const [name = '', ...rest] = process.argv.slice(2)
const command = isCommand(name) ? COMMANDS[name] : undefined
// Of all commands `serve` alone goes on.
if (command === undefined) holdYoungGeneration()
try {
  readEnvFile()
} catch (error) {
  console.error(`streamgate: ${(error as Error).message}`)
  process.exit(1)
}
const code = await (command === undefined
  ? execute((await import('./serve.ts')).serve, process.argv.slice(2))
  : command(rest))
if (code !== undefined) process.exit(code)

function isCommand(word: string): word is keyof typeof COMMANDS {
  return Object.hasOwn(COMMANDS, word)
}

async function tellVersion(): Promise<number> {
  console.log((createRequire(import.meta.url)('../../package.json') as { version: string }).version)
  return 0
}
