import { isDeepStrictEqual } from 'node:util'
import type { ResolvedTarget } from '../../config.ts'
import { UpstreamError } from '../../errors.ts'
import type { Options } from '../../options.ts'
import type { ChatRequest } from '../../types/chat.ts'
import type { NativePassage } from '../../types/provider.ts'
import { fitted, lostParams, type Refusal } from '../recovery/fitted-request.ts'
import { refusalsIn } from '../recovery/refusal.ts'
import type { RefusalMemory } from '../recovery/refusal-memory.ts'

/** A request as its target takes it. */
export interface FittedRequest {
  readonly request: ChatRequest
  /** A body of OpenAI's form, with nothing in it that the target was found to refuse. */
  readonly fitted: <B extends object>(body: B) => B
  /** Whether the target streams this. */
  readonly stream: boolean
  /** The API of the provider's that serves this, if it was found to be another than the provider thinks. */
  readonly api: string | undefined
  /** Whether it is to be asked in words that do not depend on what another target keeps, or has sealed. */
  readonly portable: boolean
  /** Parameters of the client's that it lost. */
  readonly lost: readonly string[]
}

/** Times that one attempt asks again. */
const MAX_ROUNDS = 3

export interface AskOptions {
  readonly request: ChatRequest
  /** The way past the translations; undefined if there is none. */
  readonly native: (how: Pick<FittedRequest, 'api' | 'stream' | 'portable'>) => NativePassage | undefined
  readonly target: ResolvedTarget
  readonly memory: RefusalMemory
  readonly logger: Options['logger']
}

/**
 * Asks a target, and asks it again at once without what it refuses: a parameter, a value that has a nearer one, or an API of
 * which the provider has another. Each goes once. Of a client's own words nothing is left out. What was learned is kept as soon
 * as the target takes the request; rejects with the last failure.
 */
export async function askUntilFitted<T>(
  { request, native, target, memory, logger }: AskOptions,
  ask: (fittedRequest: FittedRequest, passage: NativePassage | undefined) => Promise<T>,
): Promise<T> {
  const key = modelKey(target, request)
  const known = memory.of(key)
  const found: Refusal[] = []
  for (let round = 0; ; round += 1) {
    const refusals = [...known, ...found]
    const fittedRequest = fitRequest(request, refusals)
    const passage = native(fittedRequest)
    try {
      const answer = await ask(fittedRequest, passage)
      const lasting = found.filter(({ param }) => !PASSING.has(param))
      if (lasting.length > 0) {
        memory.add(key, lasting)
        logger?.info?.(`${target.name}: ${request.model.slice(0, 100)} ${inWords(lasting)}.`)
      }
      return answer
    } catch (error) {
      if (!(error instanceof UpstreamError) || round === MAX_ROUNDS) throw error
      const api = refusedApi(error, target, fittedRequest, passage)
      const isNewApi = api !== undefined && !found.some((each) => isDeepStrictEqual(each, api))
      const read = isNewApi ? [api] : refusalsOf(error, fittedRequest, passage)
      const news = read.filter((each) => each === api || !found.some(({ param }) => each.param === param))
      if (news.length === 0) throw error
      found.push(...news)
    }
  }
}

/** Refusals of one conversation, not of a model: another has signatures of its own. */
const PASSING: ReadonlySet<string> = new Set(['state'])

const FOREIGN: Refusal = { param: 'state', instead: { type: 'left-out' } }

function refusalsOf(error: UpstreamError, { request }: FittedRequest, passage: NativePassage | undefined): Refusal[] {
  const refusals = refusalsIn(error, request)
  if (passage === undefined) return refusals
  if (error.kind === 'status' && passage.refusesForeign?.(error.api)) return [FOREIGN]
  // It is we who ask for a stream there.
  return request.stream || passage.readWhole === undefined ? [] : refusals.filter(({ param }) => param === 'stream')
}

function fitRequest(request: ChatRequest, refusals: readonly Refusal[]): FittedRequest {
  const ofStream = refusals.some(({ param }) => param === 'stream')
  // The client's own wish for a stream stays: it is we who ask the provider for one.
  const ofRequest = ofStream ? refusals.filter(({ param }) => param !== 'stream') : refusals
  return {
    request: fitted(request, ofRequest),
    fitted: (body) => fitted(body, refusals),
    stream: !ofStream,
    api: apiIn(refusals),
    portable: refusals.some(({ param }) => param === 'state'),
    lost: refusals.length === 0 ? [] : lostParams(request, ofRequest),
  }
}

/** The API that was found last to serve the model. */
function apiIn(refusals: readonly Refusal[]): string | undefined {
  const found = refusals.findLast(({ param }) => param === 'api')?.instead
  return found?.type === 'set' ? found.value : undefined
}

/** That the provider's other API serves this, if the failure says so. */
function refusedApi(
  { kind, api: failure }: UpstreamError,
  { provider, fields }: ResolvedTarget,
  { request, api }: FittedRequest,
  passage: NativePassage | undefined,
): Refusal | undefined {
  if (kind !== 'status') return undefined
  const value =
    passage === undefined ? provider.otherApi?.(failure, request, { fields, api }) : passage.otherApi?.(failure)
  return value === undefined ? undefined : { param: 'api', instead: { type: 'set', value } }
}

function inWords(learned: readonly Refusal[]): string {
  const params = learned.flatMap(({ param }) => (param === 'api' ? [] : [param]))
  const api = apiIn(learned)
  const texts = [
    ...(params.length > 0 ? [`refuses ${params.join(', ')}; for an hour it is asked without`] : []),
    ...(api === undefined ? [] : [`is served by the API '${api}'; for an hour it is asked there`]),
  ]
  return texts.join(', and ')
}

/** One model on one host. */
function modelKey({ provider, customHost, fields }: ResolvedTarget, { model }: ChatRequest): string {
  const { resource_name, deployment_id, aws_region, vertex_region } = fields
  return JSON.stringify([provider.name, customHost, resource_name, deployment_id, aws_region, vertex_region, model])
}
