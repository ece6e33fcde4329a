import { once } from 'node:events'
import type { Server } from 'node:http'
import { type Logger, pino } from 'pino'
import { ConfigError, parseConfig } from '../config.ts'
import { type Arguments, readArguments, USAGE } from './arguments.ts'
import type { Command } from './command.ts'
import type { Gateway } from './gateway.ts'
import { standardOutput } from './log-destination.ts'
import { isLoopback } from './playground/guard.ts'
import { reloadOnHangup, stopOnSignals, stopWithPrimary } from './signals.ts'
import { type Source, sourceOf } from './source.ts'
import { workers } from './workers/primary.ts'
import { thisWorker, workerNumber } from './workers/worker.ts'

/** Runs the gateway until a signal ends it. */
export const serve: Command<Arguments> = {
  usage: USAGE,
  read: readArguments,
  async run(args) {
    const log = pino({}, standardOutput())
    process.on('uncaughtException', (error) => {
      log.fatal(error, 'uncaught exception')
      process.exit(1)
    })
    try {
      const number = workerNumber()
      if (number !== undefined) return await work(args, number, log)
      return await (args.workers === undefined ? runAlone(args, log) : runWorkers(args, args.workers, log))
    } catch (error) {
      throw error instanceof ConfigError && args.config ? inFile(error, args.config) : error
    }
  },
}

/** All in this process. */
async function runAlone(args: Arguments, log: Logger): Promise<undefined> {
  const { config, welcome } = await sourceOf(args.config)
  const { createGateway, startTelemetry } = await loadGateway()
  const telemetry = await startTelemetry(process.env, { log, metricMetadata: metricMetadataOf(args) })
  const { server, stopping, use } = await createGateway(args, { config, telemetry, log })
  stopOnSignals(stopping, args, log)
  if (args.config) reloadOnHangup(args.config, use, log)
  tellListening(await listen(server, args.host, args.port), args, welcome, log)
}

/** One of many processes; the primary says what to do. */
async function work(args: Arguments, number: number, log: Logger): Promise<undefined> {
  const { createGateway, startTelemetry } = await loadGateway()
  const telemetry = await startTelemetry(process.env, { log, worker: number, metricMetadata: metricMetadataOf(args) })
  const ready = Promise.withResolvers<Gateway>()
  const worker = thisWorker({
    metrics: async () => (await telemetry.metrics?.()) ?? null,
    use: async (config) => (await ready.promise).use(config),
  })
  const { config, port } = await worker.setup()
  const gateway = await createGateway(args, { config, telemetry, log, worker })
  ready.resolve(gateway)
  const { server, stopping } = gateway
  stopWithPrimary(stopping, args)
  await listen(server, args.host, port)
}

/** The work is done by other processes. */
async function runWorkers(args: Arguments, count: number, log: Logger): Promise<1 | undefined> {
  const { config, welcome } = await sourceOf(args.config)
  // What is wrong with it is to be told once.
  parseConfig(config)
  const group = workers({ count, config, port: args.port, log })
  stopOnSignals(group, args, log)
  if (args.config) reloadOnHangup(args.config, group.use, log)
  const port = await group.start()
  if (port !== undefined) tellListening(urlOf(args.host, port), args, welcome, log)
  else if (!group.stopping) return 1
}

/** What serves. A process that only starts others, or has only to say what is wrong, goes without it. */
async function loadGateway() {
  const [{ createGateway }, { startTelemetry }] = await Promise.all([import('./gateway.ts'), import('./telemetry.ts')])
  return { createGateway, startTelemetry }
}

/** Whose request it was. */
function metricMetadataOf({ tokens }: Arguments): string[] {
  return tokens === undefined ? [] : ['client']
}

function inFile({ message }: ConfigError, file: string): Error {
  return new Error(message.replaceAll(/^/gm, `${file}: `))
}

function tellListening(
  url: string,
  { host, workers, tokens, playground }: Arguments,
  welcome: Source['welcome'],
  log: Logger,
): void {
  log.info({ url, ...(workers && { workers }) }, 'listening')
  console.error(welcome(url))
  if (playground) console.error(`Open ${url}/ in a browser to try it.`)
  if (tokens === undefined && !isLoopback(host)) {
    console.error(`Whoever reaches ${url} can use your providers, unless STREAMGATE_TOKENS names who may.`)
  }
}

/** Resolves with the server's URL. */
async function listen(server: Server, host: string, port: number): Promise<string> {
  try {
    await once(server.listen(port, host), 'listening')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const reason = code === 'EADDRINUSE' ? 'the port is in use, choose another one with --port' : message
    throw new Error(`cannot listen on ${nameOf(host)}:${port}: ${reason}`)
  }
  const address = server.address()
  return urlOf(host, typeof address === 'object' && address !== null ? address.port : port)
}

function urlOf(host: string, port: number): string {
  return `http://${nameOf(host)}:${port}`
}

function nameOf(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
