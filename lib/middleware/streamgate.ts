import { warningsOf } from '../config/warnings.ts'
import { parseConfig, type StreamgateConfig } from '../config.ts'
import { dialectAt } from '../dialects/index.ts'
import { apiError } from '../errors.ts'
import { nodeProblem } from '../node-version.ts'
import { DEFAULT_LIMITS, type Options } from '../options.ts'
import type { ApiError } from '../types/provider.ts'
import { operatorBackend, requestBackends } from './backend.ts'
import { answerBeside, besideAt } from './beside/beside.ts'
import { refuse } from './client/send.ts'
import { itemMemories } from './incoming/item-memories.ts'
import type { Mount, StreamgateRequest, StreamgateResponse } from './mount.ts'
import { nothingAt } from './nothing-there.ts'
import { quietLogger } from './quiet-logger.ts'
import { serve } from './serve.ts'

/** Fits Express 4 and 5, Connect and bare `node:http`. */
export interface Streamgate {
  (req: StreamgateRequest, res: StreamgateResponse, next?: (error?: unknown) => void): void
  /** Closes idle connections to the providers; running streams go on. */
  close(): void
}

/**
 * A middleware that answers `POST <mount>/chat/completions` and the paths of the other dialects (docs/dialects.md; behind `/v1`
 * where nothing is mounted) from the targets of `config`, and leaves every other request to `next`. Throws ConfigError, which
 * lists all that is wrong.
 *
 * @example
 * app.use('/v1', streamgate({
 *   retry: { attempts: 1 },
 *   targets: [
 *     { provider: 'openai', api_key: process.env.OPENAI_API_KEY },
 *     { provider: 'anthropic', api_key: process.env.ANTHROPIC_API_KEY, override_params: { model: 'claude-sonnet-5' } },
 *   ],
 * }))
 */
export function streamgate<Custom extends string = never>(
  config: StreamgateConfig<NoInfer<Custom>>,
  options: Options<Custom> = {},
): Streamgate {
  const problem = nodeProblem(process.versions.node)
  if (problem !== undefined) throw new Error(problem)
  const own: Options = { ...options, ...(options.logger && { logger: quietLogger(options.logger) }) }
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const mount: Mount = {
    options: own,
    limits,
    items: itemMemories(own, limits),
    backend: operatorBackend(parseConfig(config, own), own),
    requestBackends: requestBackends(own),
  }
  for (const warning of warningsOf(mount.backend.config)) own.logger?.info?.(warning)
  const handler = (req: StreamgateRequest, res: StreamgateResponse, next?: (error?: unknown) => void) => {
    const dialect = req.method === 'POST' ? dialectAt(req.url ?? '') : undefined
    const beside =
      dialect === undefined ? besideAt(req.method, req.url ?? '', req.headers.upgrade !== undefined) : undefined
    const onBroken = (error: unknown) => closeBroken(mount, res, error)
    if (dialect !== undefined) serve(mount, dialect, req, res).catch(onBroken)
    else if (beside !== undefined) answerBeside(mount, beside, req, res).catch(onBroken)
    else if (next !== undefined) next()
    else refuse(req, res, notFound(req))
  }
  return Object.assign(handler, {
    close() {
      mount.backend.upstream.close()
      mount.requestBackends?.close()
    },
  })
}

/** Closes a response that could not even be prepared: its own methods throw. */
function closeBroken({ options }: Mount, res: StreamgateResponse, error: unknown): void {
  if (res.destroyed) return
  options.logger?.error(error)
  res.destroy()
}

function notFound({ method, url }: StreamgateRequest): ApiError {
  return apiError(404, nothingAt(method, url), { code: null })
}
