import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { targetsOf } from '../../config/targets-of.ts'
import { parseConfig } from '../../config.ts'
import { chatCompletions } from '../../dialects/chat-completions.ts'
import type { Dialect } from '../../dialects/dialect.ts'
import { messages } from '../../dialects/messages.ts'
import { responses } from '../../dialects/responses.ts'
import { apiError, RequestError } from '../../errors.ts'
import { combineHooks, type Hooks, memoryStore, type Options, type StreamgateConfig, streamgate } from '../../index.ts'
import { servedModels } from '../../middleware/beside/models.ts'
import { sendError } from '../../middleware/client/send.ts'
import { type Choices, PATIENCE_MS, readChoices } from './choices.ts'
import { runEvents } from './events.ts'
import { refusedBecause } from './guard.ts'
import { OWN_TARGETS } from './own-targets.ts'
import { buildPage, type Facts } from './page.ts'
import { shownConfig } from './shown-config.ts'
import type { Upstreams } from './upstreams.ts'

export interface PlaygroundOptions {
  /** The address that the server listens on. */
  host: string
  /** The config to try; without it, emulated providers are. */
  config: unknown
  /** Those of the server's own gate. */
  options: Options
  /** Starts the emulated providers. */
  emulate?: () => Promise<Upstreams>
}

export interface Playground {
  /** By method and path: the page, `GET /playground/events`, and a POST for each dialect, which is a run with a gate of its own. */
  routes: Readonly<Record<string, RequestListener>>
  /** Ends the emulated providers. */
  close(): Promise<void>
}

/** Those that the page has a reader for. */
const DIALECTS: readonly Dialect[] = [chatCompletions, messages, responses]

/** A run's name, chosen by the page that listens to its events. */
const RUN_ID = /^[\w-]{16,64}$/

/** A page that sends prompts through streamgate and shows what becomes of them. Throws ConfigError. */
export function playground({ host, config, options, emulate = startEmulated }: PlaygroundOptions): Playground {
  const events = runEvents()
  const emulated = emulatedProviders(emulate)
  const page = buildPage(factsOf(config, options))
  // All runs share it, so that a breaker that one has opened is open to the next.
  const shared = { breakerStore: memoryStore(), ...options }

  const guarded = (answer: (req: IncomingMessage, res: ServerResponse, query: URLSearchParams) => unknown) => {
    return async (req: IncomingMessage, res: ServerResponse) => {
      const refusal = refusedBecause(req.headers, host)
      if (refusal !== undefined) return sendError(res, apiError(403, refusal))
      try {
        await answer(req, res, new URL(req.url ?? '', 'http://localhost').searchParams)
      } catch (error) {
        if (error instanceof RequestError) return sendError(res, error.api)
        options.logger?.error(error)
        sendError(res, apiError(500, 'The playground failed.'))
      }
    }
  }

  const runIn = ({ path }: Dialect): [string, RequestListener] => [
    `POST /playground${path}`,
    guarded(async (req, res, query) => {
      const id = runId(query)
      const choices = config === undefined ? readChoices(query) : undefined
      const hooks = events.begin(id)
      req.url = path
      run(choices === undefined ? config : await emulated.configFor(choices), shared, hooks, req, res)
    }),
  ]

  return {
    routes: {
      'GET /': guarded((_req, res) => res.writeHead(200, page.headers).end(page.html)),
      'GET /playground/events': guarded((_req, res, query) => {
        if (!events.listen(runId(query), res)) sendError(res, apiError(503, 'There are too many listeners.'))
      }),
      ...Object.fromEntries(DIALECTS.map(runIn)),
    },
    close: emulated.close,
  }
}

function run(config: unknown, options: Options, hooks: Hooks, req: IncomingMessage, res: ServerResponse): void {
  const gate = streamgate(config as StreamgateConfig, { ...options, ...combineHooks(options, hooks) })
  res.once('close', gate.close)
  gate(req, res)
}

/** Starts them with the first run: a server that nobody plays with needs none. */
function emulatedProviders(emulate: () => Promise<Upstreams>) {
  let upstreams: Promise<Upstreams> | undefined
  return {
    async configFor(choices: Choices): Promise<unknown> {
      upstreams ??= emulate()
      return (await upstreams).configFor(choices)
    },
    async close() {
      await (await upstreams)?.close()
    },
  }
}

/** Loaded only when asked for: it needs a package that only development has. */
async function startEmulated(): Promise<Upstreams> {
  const { startUpstreams } = await import('./upstreams.ts')
  return startUpstreams()
}

function factsOf(config: unknown, options: Options): Facts {
  if (config === undefined) return { mode: 'offline', providers: OWN_TARGETS, patience: PATIENCE_MS }
  const resolved = parseConfig(config, options)
  return {
    mode: 'config',
    targets: targetsOf(resolved.route).map(({ name, provider }) => ({ name, provider: provider.name })),
    models: servedModels(resolved).map(({ id }) => id),
    config: shownConfig(config),
  }
}

function runId(query: URLSearchParams): string {
  const id = query.get('id') ?? ''
  if (!RUN_ID.test(id)) throw new RequestError('id: must be 16 to 64 letters, digits, - or _.', { param: 'id' })
  return id
}
