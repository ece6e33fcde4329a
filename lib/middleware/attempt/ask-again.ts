import type { ResolvedTarget } from '../../config.ts'
import { UpstreamError } from '../../errors.ts'
import type { Options } from '../../options.ts'
import type { ChatRequest } from '../../types/chat.ts'
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
  /** Parameters of the client's that it lost. */
  readonly lost: readonly string[]
}

/** Times that one attempt asks again. */
const MAX_ROUNDS = 3

export interface AskOptions {
  readonly request: ChatRequest
  readonly target: ResolvedTarget
  readonly memory: RefusalMemory
  readonly logger: Options['logger']
}

/**
 * Asks a target, and asks it again at once without what it refuses: a parameter, or a value that has a nearer one. Each
 * parameter goes once. What was learned is kept as soon as the target takes the request; rejects with the last failure.
 */
export async function askAgain<T>(
  { request, target, memory, logger }: AskOptions,
  ask: (fittedRequest: FittedRequest) => Promise<T>,
): Promise<T> {
  const key = modelKey(target, request)
  const known = memory.of(key)
  const found: Refusal[] = []
  for (let round = 0; ; round += 1) {
    const refusals = [...known, ...found]
    const fittedRequest = fitRequest(request, refusals)
    try {
      const answer = await ask(fittedRequest)
      const lasting = found.filter(({ param }) => !PASSING.has(param))
      if (lasting.length > 0) {
        memory.add(key, lasting)
        const params = lasting.map(({ param }) => param).join(', ')
        logger?.info?.(
          `${target.name}: ${request.model.slice(0, 100)} refuses ${params}; for an hour it is asked without.`,
        )
      }
      return answer
    } catch (error) {
      const read = error instanceof UpstreamError && round < MAX_ROUNDS ? refusalsIn(error, fittedRequest.request) : []
      const news = read.filter(({ param }) => !found.some((each) => each.param === param))
      if (news.length === 0) throw error
      found.push(...news)
    }
  }
}

/** Refusals of one conversation, not of a model: another has signatures of its own. */
const PASSING: ReadonlySet<string> = new Set(['state'])

function fitRequest(request: ChatRequest, refusals: readonly Refusal[]): FittedRequest {
  const ofStream = refusals.some(({ param }) => param === 'stream')
  // The client's own wish for a stream stays: it is we who ask the provider for one.
  const ofRequest = ofStream ? refusals.filter(({ param }) => param !== 'stream') : refusals
  return {
    request: fitted(request, ofRequest),
    fitted: (body) => fitted(body, refusals),
    stream: !ofStream,
    lost: refusals.length === 0 ? [] : lostParams(request, ofRequest),
  }
}

/** One model on one host. */
function modelKey({ provider, customHost, fields }: ResolvedTarget, { model }: ChatRequest): string {
  const { resource_name, deployment_id, aws_region, vertex_region } = fields
  return JSON.stringify([provider.name, customHost, resource_name, deployment_id, aws_region, vertex_region, model])
}
