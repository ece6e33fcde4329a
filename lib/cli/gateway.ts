import { createServer, type RequestListener, type Server } from 'node:http'
import type { Logger } from 'pino'
import {
  combineHooks,
  memoryItemStore,
  type Options,
  type Streamgate,
  type StreamgateConfig,
  streamgate,
} from '../index.ts'
import { createApp, type Routes } from './app.ts'
import type { Arguments } from './arguments.ts'
import { openBreakerStore } from './breaker-store.ts'
import { logHooks } from './log.ts'
import { playground } from './playground/routes.ts'
import { type Shutdown, shutdown } from './shutdown.ts'
import { metricsPage, type Telemetry } from './telemetry.ts'
import { CLIENT_HEADER } from './tokens.ts'
import type { Worker } from './workers/worker.ts'

/** Room for the whole configs that clients may send as a header; Node's default is 16 KB. */
const MAX_HEADER_BYTES = 128 * 1024

/**
 * How long an idle connection is kept. Proxies in front keep theirs for a minute, most of them; who closes first must be
 * who asks, or a request is sent into a connection that is being closed.
 */
const KEEP_ALIVE_MS = 75_000

export interface Gateway {
  /** Does not listen yet. */
  server: Server
  stopping: Shutdown
  /** From the next request on, this config; running answers go on under the one they have. Throws ConfigError. */
  use(config: unknown): void
}

export interface GatewayParts {
  config: unknown
  log: Logger
  telemetry: Telemetry
  /** If this process is one of many. */
  worker?: Worker
}

/** streamgate and what stands beside it, in a server of this process. Rejects with ConfigError. */
export async function createGateway(args: Arguments, parts: GatewayParts): Promise<Gateway> {
  const { host, redisUrl, requestConfig, tokens } = args
  const { log, telemetry, worker } = parts
  const redis = redisUrl === undefined ? undefined : await openBreakerStore(redisUrl, log)
  const breakerStore = redis ?? worker?.breakerStore
  const options: Options = {
    ...combineHooks(logHooks(log), telemetry.hooks),
    logger: log,
    ...(requestConfig && { requestConfig }),
    ...(tokens && { metadata: ({ headers }) => ({ client: String(headers[CLIENT_HEADER]) }) }),
    ...(breakerStore && { breakerStore }),
    // One for all configs that are used in turn.
    itemStore: redis ?? worker?.itemStore ?? memoryItemStore(),
  }
  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES, keepAliveTimeout: KEEP_ALIVE_MS })
  const stopping = shutdown(server)

  /** Read from a file, and checked here. */
  const serving = (config: unknown): Serving => {
    const gate = streamgate(config as StreamgateConfig, options)
    const routes: Routes = {
      'GET /metrics': metricsPage(worker?.allMetrics ?? telemetry.metrics),
      ...(args.playground && playground({ host, options, config: args.config && config }).routes),
    }
    return { gate, app: createApp(gate, stopping, routes, tokens) }
  }
  let now = serving(parts.config)
  server.on('request', (req, res) => now.app(req, res))
  return {
    server,
    stopping: then(stopping, telemetry.stop),
    use(config) {
      const before = now
      now = serving(config)
      before.gate.close()
    },
  }
}

interface Serving {
  gate: Streamgate
  app: RequestListener
}

/** The same, with something to do when all answers have ended. */
function then(stopping: Shutdown, last: () => Promise<void>): Shutdown {
  return {
    get phase() {
      return stopping.phase
    },
    async stop(patience) {
      await stopping.stop(patience)
      await last()
    },
  }
}
