import { parseArgs } from 'node:util'
import { isLoopback } from './playground/guard.ts'

export const USAGE = `Usage: npm start -- [options]

  --config FILE           the config, as JSON; $NAME and \${NAME} in its strings come from the environment, $$ is a $.
                          Without it, emulated providers answer: no keys, no network
  --port N                port to listen on, 0 for any free one (8787)
  --host HOST             address to listen on (127.0.0.1)
  --redis-url URL         share what circuit breakers know with all that use this Redis; default: $REDIS_URL, else not
  --allow-request-config  let clients bring their own config in x-portkey-* headers
  --allow-private-hosts   let such configs reach this machine and private networks
  --playground            serve a page at / to try streamgate with. It is there unasked if only this machine can reach the
                          server; --no-playground leaves it out
  --help                  show this text`

export interface Arguments {
  config: string | undefined
  port: number
  host: string
  /** May hold a password. */
  redisUrl: string | undefined
  requestConfig: { allowPrivateHosts: boolean } | undefined
  playground: boolean
  help: boolean
}

/** Throws an Error that says what is wrong. */
export function readArguments(
  argv: readonly string[],
  environment: Readonly<NodeJS.ProcessEnv> = process.env,
): Arguments {
  const { values } = parseArgs({
    args: [...argv],
    allowNegative: true,
    options: {
      config: { type: 'string' },
      port: { type: 'string', default: '8787' },
      host: { type: 'string', default: '127.0.0.1' },
      'redis-url': { type: 'string' },
      'allow-request-config': { type: 'boolean', default: false },
      'allow-private-hosts': { type: 'boolean', default: false },
      playground: { type: 'boolean' },
      help: { type: 'boolean', default: false },
    },
  })
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
  return {
    config: values.config,
    port: Number(values.port),
    host: values.host,
    redisUrl,
    requestConfig: values['allow-request-config'] ? { allowPrivateHosts } : undefined,
    playground: values.playground ?? isLoopback(values.host),
    help: values.help,
  }
}
