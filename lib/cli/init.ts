import { existsSync, writeFileSync } from 'node:fs'
import type { Command } from './command.ts'
import { startingPoint } from './init/starting-point.ts'
import { parseArguments } from './parse-arguments.ts'

const INSTALLED = './node_modules/streamgate/dist/gateway.schema.json'
const PUBLISHED = 'https://unpkg.com/streamgate/dist/gateway.schema.json'

/** Writes a config to begin with. */
export const init: Command<void> = {
  usage: `Usage: streamgate init

Writes gateway.json, with comments, and .env.example into this folder, for the providers whose keys are in the environment or in
a file .env; without any, for two as an example. It asks nothing, and writes over nothing.

  --help  show this text

Exit code: 0 if they are written, 1 if one of them is there already, 2 for wrong arguments`,

  read(argv) {
    parseArguments({ args: [...argv] })
  },

  async run() {
    const { config, env, found } = startingPoint(process.env, existsSync(INSTALLED) ? INSTALLED : PUBLISHED)
    const files = { 'gateway.json': config, '.env.example': env }
    const there = Object.keys(files).filter((file) => existsSync(file))
    if (there.length > 0) throw new Error(`${there.join(' and ')} exists already, and init writes over nothing`)
    for (const [file, text] of Object.entries(files)) writeFileSync(file, text, { flag: 'wx' })

    const whose = found.length > 0 ? `the keys found: ${found.join(', ')}` : 'two providers, as an example'
    console.log(`gateway.json and .env.example are written, for ${whose}.`)
    if (found.length === 0) console.log('Put your keys into .env, as .env.example shows.')
    console.log('Look at it:  npx streamgate check gateway.json\nRun it:      npx streamgate --config gateway.json')
    return 0
  },
}
