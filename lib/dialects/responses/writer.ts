import { nativeOf } from '../../chunk.ts'
import { streamFailure } from '../../errors.ts'
import type { Chunk, ChunkChoice, FinishReason, Usage } from '../../types/chunk.ts'
import type { ApiError } from '../../types/provider.ts'
import { callIds } from '../call-ids.ts'
import { commentFrame } from '../comment-frame.ts'
import type { AnswerFold, AnswerWriter } from '../dialect.ts'
import { answerItems } from './answer-items.ts'
import { type Call, heldCalls } from './calls.ts'
import { frames } from './frames.ts'
import { asTheyAre, behindJoint } from './native-writer.ts'
import type { ItemEvent } from './open-items.ts'
import { withOwnParam } from './param-names.ts'
import { type ResponseHead, type ResponseObject, type ResponseState, responseUsage } from './response.ts'
import type { ChatTools } from './tools.ts'

export interface ResponseOptions {
  /** What the response says of its request. */
  readonly echo: Readonly<Record<string, unknown>>
  readonly origin: ChatTools['origin']
  /** Whether the client asked for log probabilities. */
  readonly logprobs: boolean
  /** Whether the client keeps the `encrypted_content` of reasoning items, where the state of calls then stands. */
  readonly encrypted: boolean
  /** In characters. */
  readonly maxAnswerBytes: number
  /** Called with the response, once it is whole, before its client has it. `ours`: whether we wrote it, or some of it. */
  readonly onWhole: (response: ResponseObject, ours: boolean) => void
}

/**
 * Writes an answer as the events of the Responses API. One item is open at a time, and what is done is done: an item ends when
 * another kind begins or the answer is whole, so that the rest of a broken text goes on in the same item. Calls come last, when
 * nothing can break any more. A provider's own events go out as they are; what they say of items is read, so that another
 * attempt can go on behind them.
 */
export function responseWriter(options: ResponseOptions): AnswerWriter {
  const { origin, maxAnswerBytes } = options
  const out = frames()
  const items = answerItems(out, options)
  const unpackedId = callIds()
  const calls = heldCalls()
  let head: ResponseHead | undefined
  /** What the response is said to be but for its state: ours, or the provider's own. */
  let rest: Readonly<Record<string, unknown>> = options.echo
  let tier = 'default'
  let usage: Usage | undefined
  let reason: FinishReason | undefined
  /** Whether what was written last are the provider's own events. */
  let passing = false
  /** Whether attempts have joined. */
  let joined = false
  let size = 0

  const headOf = (chunk?: Chunk): ResponseHead => ({
    id: items.id,
    created_at: chunk?.created ?? now(),
    model: chunk?.model ?? '',
  })
  const response = (state: Partial<ResponseState> & Pick<ResponseState, 'status'>): ResponseObject => ({
    ...rest,
    ...(head ?? headOf()),
    ...{ object: 'response', completed_at: null, error: null, incomplete_details: null, usage: null },
    ...{ service_tier: tier, output: items.output, ...state },
  })

  const begin = (chunk: Chunk): string => {
    if (head !== undefined) return ''
    head = headOf(chunk)
    const begun = response({ status: 'in_progress', output: [] })
    return out.event('response.created', { response: begun }) + out.event('response.in_progress', { response: begun })
  }

  const grow = (characters: number) => {
    size += characters
    if (size <= maxAnswerBytes) return
    throw streamFailure('malformed', `The answer exceeds maxAnswerBytes (${maxAnswerBytes}).`)
  }

  const addChoice = ({ delta, logprobs, finish_reason: end }: ChunkChoice): string => {
    grow((delta.content?.length ?? 0) + (delta.reasoning_content?.length ?? 0) + (delta.refusal?.length ?? 0))
    if (delta.tool_calls !== undefined) calls.add(delta.tool_calls)
    if (end !== null) reason = end
    return items.add(delta, logprobs)
  }

  const follow = (event: ItemEvent) => {
    if (event.response !== undefined) {
      const { id, created_at, model } = event.response
      head ??= { id, created_at, model }
      rest = event.response
    }
    items.follow(event)
  }
  let native = asTheyAre({ out, follow })
  /** Undefined: what the chunk says is to be written as ours. */
  const pass = (chunk: Chunk): string | undefined => {
    const natives = nativeOf(chunk)
    for (const { data } of natives ?? []) grow(data.length)
    return natives && native(natives)
  }

  const write = (chunk: Chunk): string => {
    const passed = pass(chunk)
    passing = passed !== undefined
    if (passed !== undefined) return passed
    const begun = begin(chunk)
    tier = chunk.service_tier ?? tier
    usage = chunk.usage ?? usage
    const choice = chunk.choices.find(({ index }) => index === 0)
    return choice === undefined ? begun : begun + addChoice(choice)
  }

  /** The calls with the ids that the client gets; their states apart, if it keeps those elsewhere. */
  const wholeCalls = (): { all: readonly Call[]; states: ReadonlyMap<string, string> } => {
    const states = new Map<string, string>()
    if (!options.encrypted) return { all: calls.all(), states }
    const all = calls.all().map((call) => {
      const { id, state } = unpackedId(call.id)
      if (state !== undefined) states.set(id, state)
      return { ...call, id }
    })
    return { all, states }
  }
  const writeEnd = (incomplete: boolean): string => {
    const { all, states } = wholeCalls()
    const kept = states.size === 0 ? '' : items.keep(states)
    const closed = items.close(incomplete && all.length === 0 ? 'incomplete' : 'completed')
    const last = all.length - 1
    return (
      kept + closed + all.map((call, at) => items.call(call, origin(call.name), incomplete && at === last)).join('')
    )
  }

  return {
    chunk: write,
    keepAlive: () => (head === undefined ? commentFrame('keep-alive') : out.event('keepalive', {})),
    finish(ending) {
      const last = ending.map(write).join('')
      if (passing) {
        // Its terminal was the last to be passed on.
        options.onWhole(rest as ResponseObject, joined)
        return last
      }
      const why = INCOMPLETE[reason ?? 'stop']
      const end = last + writeEnd(why !== undefined)
      const status = why === undefined ? 'completed' : 'incomplete'
      const whole = response({
        ...{ status, usage: responseUsage(usage), completed_at: why === undefined ? now() : null },
        ...(why !== undefined && { incomplete_details: { reason: why } }),
      })
      options.onWhole(whole, true)
      return end + out.event(`response.${status}`, { response: whole })
    },
    continue() {
      joined = true
      native = behindJoint({ out, items, follow, named: (theirs) => ({ ...theirs, ...head, output: items.output }) })
    },
    fail(error) {
      const { message: text, type, param } = withOwnParam(error)
      const code = failureCode(error)
      const failed = response({ status: 'failed', error: { code, message: text } })
      return (
        out.event('error', { code, message: text, param, error: { type, code, message: text, param } }) +
        out.event('response.failed', { response: failed })
      )
    },
  }
}

/** Folds an answer into the response that its stream would end with. */
export function responseFold(options: ResponseOptions): AnswerFold {
  let whole: ResponseObject | undefined
  const writer = responseWriter({
    ...options,
    onWhole(response, ours) {
      whole = response
      options.onWhole(response, ours)
    },
  })
  return {
    add: writer.chunk,
    result() {
      writer.finish([])
      return whole
    },
  }
}

const INCOMPLETE: Readonly<Partial<Record<FinishReason, string>>> = {
  length: 'max_output_tokens',
  content_filter: 'content_filter',
}

/** A code for every failure: Codex looks at it to know whether to ask again. */
function failureCode({ code, status }: ApiError): string {
  if (code !== null) return code
  if (status === 429) return 'rate_limit_exceeded'
  return status >= 500 ? 'server_error' : 'invalid_prompt'
}

function now(): number {
  return Math.floor(Date.now() / 1000)
}
