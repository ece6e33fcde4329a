import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import { metadataFromHeaders } from '../../config/header.ts'
import { estimatedTokens } from '../../dialects/messages/estimate.ts'
import { nativeRequest } from '../../dialects/messages/native.ts'
import { readRequest } from '../../dialects/messages/request.ts'
import type { Limits, Options } from '../../options.ts'
import type { ChatRequest } from '../../types/chat.ts'
import type { NativeRequest } from '../../types/provider.ts'
import { readStart } from '../attempt/decompression.ts'
import { endpointOf } from '../attempt/endpoint.ts'
import type { Backend } from '../backend.ts'
import { sendJson } from '../client/send.ts'
import type { StreamgateRequest } from '../gate.ts'
import { clientSignal } from '../incoming/client-signal.ts'
import { readBody } from '../incoming/read-body.ts'
import { plan } from '../routing/plan.ts'
import { targetModel } from '../routing/target-model.ts'

/** In milliseconds; then an estimate has to do. */
const LONGEST_COUNT = 10_000

interface CountOptions {
  backend: Backend
  options: Options
  limits: Limits
}

/**
 * Answers `POST /messages/count_tokens`: with the count of the target that would be asked first, if its provider counts; else with
 * an estimate, which says that it is one. Rejects with RequestError.
 */
export async function answerCount(req: StreamgateRequest, res: ServerResponse, own: CountOptions): Promise<void> {
  const { value: body } = await readBody(req, own.limits)
  const { request } = readRequest(body, 'none')
  const native = nativeRequest(body, req.headers)
  const signal = AbortSignal.any([clientSignal(res), AbortSignal.timeout(LONGEST_COUNT)])
  const counted = native && (await countedBy(own, { request, native, headers: req.headers, signal }))
  if (counted === undefined) res.setHeader('x-streamgate-estimated', 'true')
  sendJson(res, 200, { input_tokens: counted ?? estimatedTokens(request) })
}

interface Asked {
  request: ChatRequest
  native: NativeRequest
  headers: IncomingHttpHeaders
  signal: AbortSignal
}

/** Undefined if the target counts nothing, or fails in it. */
async function countedBy(
  { backend, options, limits }: CountOptions,
  { request, native, headers, signal }: Asked,
): Promise<number | undefined> {
  const { config, upstream, operated } = backend
  const metadata = { ...metadataFromHeaders(headers), ...request.metadata }
  const { value: first } = plan(config.route, { random: Math.random, request, metadata }).next()
  const target = first !== undefined && 'target' in first ? first.target : undefined
  const model = target && targetModel(target, request.model, false)
  if (target?.provider.countTokens === undefined || model === undefined) return undefined
  try {
    const noMedia = () => Promise.reject(new Error('nothing is fetched for a count'))
    const endpoint = await endpointOf({ options, headers, operated }, target, noMedia)
    const body = Object.freeze({ ...native.body, model })
    const count = target.provider.countTokens({ ...native, body }, { ...request, model }, endpoint)
    if (count === undefined) return undefined
    const encoded = await count.encode()
    const sent = { ...encoded, body: Buffer.from(encoded.body) }
    const response = await upstream.send(sent, signal, { connecting() {}, connected() {} })
    const text = await readStart(response, limits.maxErrorBytes, limits.errorBodyTimeout)
    return response.statusCode === 200 ? count.read(text) : undefined
  } catch {
    return undefined
  }
}
