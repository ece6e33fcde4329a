import { FIELDS } from '../config/schema.ts'
import { warningsOf } from '../config/warnings.ts'
import type { ResolvedTarget } from '../config.ts'
import { destinationOf } from './check/destination.ts'
import { type Resolved, resolveHosts } from './check/hosts.ts'
import { treeOf } from './check/tree.ts'
import type { Command } from './command.ts'
import { surveyConfig } from './config-file.ts'
import { parseArguments } from './parse-arguments.ts'

interface Arguments {
  file: string
  resolve: boolean
}

/** Tells all that is wrong with a config, or what it makes of a request. */
export const check: Command<Arguments> = {
  usage: `Usage: streamgate check FILE [--resolve]

Checks a config without starting anything: its JSON, its keys, its environment variables, and whether each target has all
that its provider needs. Prints the plan of attempts as a tree.

  --resolve   also ask for the addresses of the providers' hosts
  --help      show this text

Exit code: 0 if all is well, 1 if something is wrong (a line for each mistake), 2 for wrong arguments`,

  read(argv) {
    const options = { resolve: { type: 'boolean', default: false } } as const
    const { values, positionals } = parseArguments({ args: [...argv], options, allowPositionals: true })
    const [file, ...others] = positionals
    if (file === undefined) throw new Error('check needs a FILE')
    if (others.length > 0) throw new Error(`check takes one FILE, got ${positionals.length}`)
    return { file, resolve: values.resolve }
  },

  async run({ file, resolve }) {
    const { config, targets, names, problems: found } = surveyConfig(file, process.env)
    const problems = [...found]
    const urls = new Map<ResolvedTarget, URL | undefined>()
    for (const target of targets.filter((each) => !isTold(each, found))) {
      try {
        urls.set(target, await destinationOf(target))
      } catch (error) {
        problems.push({ path: target.name, message: (error as Error).message })
      }
    }
    if (config === undefined || problems.length > 0) {
      for (const { path, message } of problems) console.error(`streamgate: ${file}: ${path || 'config'}: ${message}`)
      return 1
    }

    console.log(`${file}: ${count(urls.size, 'target')}, nothing wrong`)
    if (names.length > 0) console.log(`from the environment: ${names.join(', ')}`)
    const tree = treeOf(config, (target) => addressOf(urls.get(target)))
    console.log(['', ...tree].join('\n'))
    const warnings = warningsOf(config)
    if (warnings.length > 0) console.log(['', 'worth a look', ...warnings.map((line) => `   ${line}`)].join('\n'))
    return resolve ? tellHosts([...urls.values()]) : 0
  },
}

/** What of a config decides where a target's requests go. */
const LEADING = new Set([...Object.keys(FIELDS), 'custom_host', 'override_params.model'])

/** Whether something of that is wrong for this target already, at its own level or further out. */
function isTold({ path }: ResolvedTarget, problems: readonly { path: string }[]): boolean {
  return problems.some((problem) => {
    const [, level = '', key = ''] = /^(?:(.*?)\.)??(override_params\.model|\w+)$/.exec(problem.path) ?? []
    return LEADING.has(key) && path.startsWith(level)
  })
}

/** Without its query, in which an operator may have put a key. */
function addressOf(url: URL | undefined): string {
  return url === undefined ? "depends on the client's model" : url.origin + url.pathname
}

async function tellHosts(urls: readonly (URL | undefined)[]): Promise<number> {
  const hosts = await resolveHosts([...new Set(urls.flatMap((url) => url?.hostname ?? []))])
  const width = Math.max(...hosts.map(({ host }) => host.length))
  const line = ({ host, text }: Resolved) => `   ${host.padEnd(width)}  ${text}`
  console.log(['', 'hosts', ...hosts.map(line)].join('\n'))
  return hosts.every(({ found }) => found) ? 0 : 1
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}
