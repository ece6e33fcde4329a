/**
 * `npm test`: all tests, each file in a process that runs no other at the same time, one process more than there are cores.
 * `npm run test:unit` and `npm run test:gateway` run one lane of them. What else is given goes to mocha, as in
 * `npm test -- --grep hedging`.
 */
import { spawn } from 'node:child_process'
import { globSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'

/** Folders of what runs gateways, programs and browsers. The slowest come first, so that none is left alone at the end. */
const GATEWAY = ['playground', 'corpus', 'docs', 'cli', 'examples', 'fuzz', 'gateway', 'clients', 'deploy']

const all = globSync('test/**/*.test.ts').sort()
const gateway = GATEWAY.flatMap((folder) => all.filter((file) => file.startsWith(`test/${folder}/`)))
const unit = all.filter((file) => !gateway.includes(file))
const lanes = new Map([
  ['unit', unit],
  ['gateway', gateway],
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
