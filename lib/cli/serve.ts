import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { destination, type Logger, pino } from 'pino'
import { ConfigError, combineHooks, type Options, streamgate } from '../index.ts'
import { createApp } from './app.ts'
import { type Arguments, readArguments, USAGE } from './arguments.ts'
import { openBreakerStore } from './breaker-store.ts'
import { readConfig } from './config-file.ts'
import { logHooks } from './log.ts'
import { isLoopback } from './playground/guard.ts'
import { playground } from './playground/routes.ts'
import { type Shutdown, shutdown } from './shutdown.ts'
import { metricsPage, startTelemetry, type Telemetry } from './telemetry.ts'

/** How long running answers may take to end after the first signal. */
const GRACE_MS = 30_000
/** A signal this soon after the first is the same one: npm passes on the Ctrl-C that the terminal has sent as well. */
const SAME_SIGNAL_MS = 500
/** Room for the whole configs that clients may send as a header; Node's default is 16 KB. */
const MAX_HEADER_BYTES = 128 * 1024
/**
 * How long an idle connection is kept. Proxies in front keep theirs for a minute, most of them; who closes first must be
 * who asks, or a request is sent into a connection that is being closed.
 */
const KEEP_ALIVE_MS = 75_000

/** Runs the proxy until a signal ends it. Sets the exit code and says why if it cannot start. */
export async function serve(argv: readonly string[]): Promise<void> {
  // Written at once, so that no line is lost or out of order when the process ends.
  const log = pino(destination({ sync: true }))
  process.on('uncaughtException', (error) => {
    log.fatal(error, 'uncaught exception')
    process.exit(1)
  })

  const args = readArgumentsOrExit(argv)
  try {
    await start(args, log)
  } catch (error) {
    const source = error instanceof ConfigError && args.config ? `${args.config}: ` : ''
    for (const line of (error as Error).message.split('\n')) console.error(`streamgate: ${source}${line}`)
    process.exit(1)
  }
}

async function start(args: Arguments, log: Logger): Promise<void> {
  const { config: file, host, port, redisUrl, requestConfig } = args
  const { config, welcome } = file === undefined ? await offline() : fromFile(file)
  const breakerStore = redisUrl === undefined ? undefined : await openBreakerStore(redisUrl, log)
  const telemetry = await startTelemetry(process.env, { log })
  const options: Options = {
    ...combineHooks(logHooks(log), telemetry.hooks),
    logger: log,
    ...(breakerStore && { breakerStore }),
    ...(requestConfig && { requestConfig }),
  }
  const gate = streamgate(config, options)
  const routes = {
    'GET /metrics': metricsPage(telemetry.metrics),
    ...(args.playground && playground({ host, options, config: file && config }).routes),
  }
  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES, keepAliveTimeout: KEEP_ALIVE_MS })
  const stopping = shutdown(server)
  server.on('request', createApp(gate, stopping, routes))
  stopOnSignals(stopping, telemetry, log)

  const url = await listen(server, host, port)
  log.info({ url }, 'listening')
  console.error(welcome(url))
  if (args.playground) console.error(`Open ${url}/ in a browser to try it.`)
  if (!isLoopback(host)) console.error(`Whoever reaches ${url} can use your providers: it asks for no password.`)
}

interface Source {
  config: unknown
  /** What to tell the user, once streamgate listens at `url`. */
  welcome(url: string): string
}

function fromFile(file: string): Source {
  const config = readConfig(file, process.env)
  return { config, welcome: (url) => `streamgate listens at ${url}/v1, with the config ${file}` }
}

/** Loaded only when asked for: it needs a package that only development has. */
async function offline(): Promise<Source> {
  const { startOffline } = await import('./offline.ts')
  return startOffline()
}

function stopOnSignals(stopping: Shutdown, telemetry: Telemetry, log: Logger): void {
  let first: number | undefined
  const onSignal = async (signal: NodeJS.Signals) => {
    if (first !== undefined) {
      if (performance.now() - first > SAME_SIGNAL_MS) process.exit(1)
      return
    }
    first = performance.now()
    log.info({ signal }, 'stopping')
    await stopping.stop(GRACE_MS)
    await telemetry.stop()
    log.info('stopped')
    process.exit(0)
  }
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal)
}

function readArgumentsOrExit(argv: readonly string[]): Arguments {
  try {
    const args = readArguments(argv)
    if (!args.help) return args
    console.log(USAGE)
    process.exit(0)
  } catch (error) {
    console.error(`streamgate: ${(error as Error).message}\n\n${USAGE}`)
    process.exit(2)
  }
}

/** Resolves with the server's URL. */
async function listen(server: Server, host: string, port: number): Promise<string> {
  const name = host.includes(':') ? `[${host}]` : host
  try {
    await once(server.listen(port, host), 'listening')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const reason = code === 'EADDRINUSE' ? 'the port is in use, choose another one with --port' : message
    throw new Error(`cannot listen on ${name}:${port}: ${reason}`)
  }
  const address = server.address()
  return `http://${name}:${typeof address === 'object' ? address?.port : port}`
}
