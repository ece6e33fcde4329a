/**
 * `npm test`: the lanes `gateway` and `unit`, each file in a process that runs no other at the same time, one process more than
 * there are cores. `npm run test:programs` runs the third lane; `npm run test:unit` and `npm run test:gateway` one of the two.
 * What else is given goes to mocha, as in `npm test -- --grep hedging`.
 */
import { spawn } from 'node:child_process'
import { globSync, statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'

/** Folders of what runs gateways. */
const GATEWAY = 'cli clients corpus deploy docs examples fetch fuzz gateway playground sdk telemetry'.split(' ')

// The longest first, so that none is left alone at the end.
const all = globSync('test/**/*.test.ts').sort((a, b) => statSync(b).size - statSync(a).size)
/** What starts programs, one after the other: the command line, examples, the snippets of the docs, a browser. */
const programs = all.filter((file) => file.endsWith('.program.test.ts'))
const others = all.filter((file) => !programs.includes(file))
const gateway = others.filter((file) => GATEWAY.some((folder) => file.startsWith(`test/${folder}/`)))
const unit = others.filter((file) => !gateway.includes(file))
const lanes = new Map([
  ['unit', unit],
  ['gateway', gateway],
  ['programs', programs],
])

const given = process.argv.slice(2)
const lane = lanes.get(given[0] ?? '')
const files = lane ?? [...gateway, ...unit]
if (lane) given.shift()

// One more than there are cores: tests wait a good part of their time, for deadlines and for programs that start.
const jobs = 1 + availableParallelism()
const args = ['node_modules/mocha/bin/mocha.js', '--parallel', '--jobs', String(jobs), ...given, ...files]
const env = { ...process.env, ...compileCache() }
spawn(process.execPath, args, { stdio: 'inherit', env }).on('exit', (code) => process.exit(code ?? 1))

/** The tests start hundreds of processes, each of which would strip the types anew. Coverage would be less exact with it. */
function compileCache(): NodeJS.ProcessEnv {
  if (process.env.NODE_V8_COVERAGE !== undefined) return {}
  return { NODE_COMPILE_CACHE: fileURLToPath(new URL('../node_modules/.cache/node', import.meta.url)) }
}
