import { availableParallelism } from 'node:os'
import { COMMAND_NAMES } from './command.ts'
import { didYouMean, parseArguments } from './parse-arguments.ts'
import { isLoopback } from './playground/guard.ts'
import { readTokens, type Tokens } from './tokens.ts'

export const USAGE = `Usage: streamgate [options]          run the gateway (in a clone: npm start -- [options])
       streamgate init               write a config to begin with
       streamgate check FILE         check a config and show its plan of attempts
       streamgate replay FILE        turn a recorded answer of a provider into OpenAI's stream
       streamgate record [options]   record an answer of a provider, without its keys
Each of them has a --help of its own.

  --config FILE           the config, as JSON, with comments if you like; $NAME and \${NAME} in its strings come from the
                          environment, or from a file .env in this folder; $$ is a $.
                          Without it, emulated providers answer: no keys, no network
  --port N                port to listen on, 0 for any free one (8787)
  --host HOST             address to listen on (127.0.0.1)
  --redis-url URL         share what circuit breakers know with all that use this Redis; default: $REDIS_URL, else not
  --workers N             processes to share the work, auto for one a core (the work is done in one process)
  --drain SECONDS         how long, after SIGTERM or SIGINT, /healthz says 503 and requests are still taken (0)
  --grace SECONDS         how long running answers may take to end behind that (30)
  --allow-request-config  let clients bring their own config in x-portkey-* headers
  --allow-private-hosts   let such configs reach this machine and private networks
  --playground            serve a page at / to try streamgate with. It is there unasked if only this machine can reach the
                          server and there are no --workers; --no-playground leaves it out
  STREAMGATE_TOKENS       in the environment, as name:token,name:token: who may use it (who reaches it)
  --version               tell the version
  --help                  show this text`

export interface Arguments {
  config: string | undefined
  port: number
  host: string
  /** May hold a password. */
  redisUrl: string | undefined
  /** Undefined: no worker processes. */
  workers: number | undefined
  /** Both after a signal, in milliseconds: for who sends requests to notice, then for running answers. */
  drainMs: number
  graceMs: number
  requestConfig: { allowPrivateHosts: boolean } | undefined
  /** Undefined: all may use it. */
  tokens: Tokens | undefined
  playground: boolean
}

/** Throws an Error that says what is wrong. */
export function readArguments(
  argv: readonly string[],
  environment: Readonly<NodeJS.ProcessEnv> = process.env,
): Arguments {
  const { values, positionals } = parseArguments({
    args: [...argv],
    allowPositionals: true,
    allowNegative: true,
    options: {
      config: { type: 'string' },
      port: { type: 'string', default: '8787' },
      host: { type: 'string', default: '127.0.0.1' },
      'redis-url': { type: 'string' },
      workers: { type: 'string' },
      drain: { type: 'string', default: '0' },
      grace: { type: 'string', default: '30' },
      'allow-request-config': { type: 'boolean', default: false },
      'allow-private-hosts': { type: 'boolean', default: false },
      playground: { type: 'boolean' },
    },
  })
  const [word] = positionals
  if (word !== undefined) throw new Error(notACommand(word))
  const allowPrivateHosts = values['allow-private-hosts']
  if (!/^\d{1,5}$/.test(values.port) || Number(values.port) > 65_535) {
    throw new Error(`--port must be a number from 0 to 65535, got '${values.port}'`)
  }
  // Node takes an empty host for all addresses.
  if (values.host === '') throw new Error('--host must not be empty')
  if (values.config === '') throw new Error('--config must not be empty')
  const redisUrl = values['redis-url'] ?? (environment.REDIS_URL || undefined)
  if (redisUrl !== undefined && !/^(rediss?:\/\/.|\/.)/.test(redisUrl)) {
    // Not quoted, since it may hold a password.
    throw new Error('--redis-url, or REDIS_URL, must begin with redis:// or rediss://, or be the path of a socket')
  }
  if (allowPrivateHosts && !values['allow-request-config']) {
    throw new Error('--allow-private-hosts has no effect without --allow-request-config')
  }
  const workers = readWorkers(values.workers)
  // A run and its page have to come to the same process.
  if (values.playground && workers !== undefined)
    throw new Error('--playground needs a single process, without --workers')
  const tokens = readTokens(environment)
  if (values.playground && tokens !== undefined)
    throw new Error('--playground has no tokens to send, which STREAMGATE_TOKENS asks for')
  return {
    config: values.config,
    port: Number(values.port),
    host: values.host,
    redisUrl,
    workers,
    drainMs: readSeconds('--drain', values.drain) * 1000,
    graceMs: readSeconds('--grace', values.grace) * 1000,
    requestConfig: values['allow-request-config'] ? { allowPrivateHosts } : undefined,
    tokens,
    playground: values.playground ?? (tokens === undefined && workers === undefined && isLoopback(values.host)),
  }
}

function notACommand(word: string): string {
  const meant = /\.jsonc?$/i.test(word) ? `, did you mean --config ${word}?` : didYouMean(word, COMMAND_NAMES)
  return `There is no command '${word}'${meant}`
}

// More of either is a slip of the finger.
const MAX_WORKERS = 512
const MAX_SECONDS = 24 * 60 * 60

function readSeconds(option: string, text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= MAX_SECONDS) return Number(text)
  throw new Error(`${option} must be a number of seconds from 0 to ${MAX_SECONDS}, got '${text}'`)
}

function readWorkers(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const count = text === 'auto' ? availableParallelism() : /^\d{1,4}$/.test(text) ? Number(text) : 0
  if (count >= 1 && count <= MAX_WORKERS) return count
  throw new Error(`--workers must be auto or a number from 1 to ${MAX_WORKERS}, got '${text}'`)
}
