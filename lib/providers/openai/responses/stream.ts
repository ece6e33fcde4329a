import { brokenEnd, inBandFailure, parseJson, streamFailure, UpstreamError } from '../../../errors.ts'
import type { ChunkInit, Decoder, Endpoint, WireEvent } from '../../../types/provider.ts'
import { finishOf } from '../../ends.ts'
import { argumentText, count, isObject, type Json, list, object, objects, scalarText, text, words } from '../../json.ts'
import { servedTier } from '../../served-tier.ts'
import { readStreamError, streamError } from '../errors.ts'
import { readLogprobs } from '../logprobs.ts'
import { annotations } from './annotations.ts'
import { INCOMPLETE_ENDS } from './ends.ts'
import { type ItemClient, type ItemKind, itemKind } from './items.ts'
import { passages } from './passages.ts'
import { reasoningTracer } from './reasoning-trace.ts'
import { responsesUsage } from './usage.ts'

/** What of a stream is known beforehand; `owner` is who can read its encrypted reasoning, `client` what it is for. @default chat */
export type Expected = Pick<Endpoint, 'finishReasons'> & { readonly owner: string; readonly client?: ItemClient }

/** What is known of an item, by its place in the output: its id may change from event to event (GitHub Copilot). */
interface Item {
  phase: string | undefined
  /** Characters that came in pieces, by the part of its text or its summary; of a call, of its arguments. */
  readonly sizes: Map<string, number>
  /** Whether its call has been announced, by its name. */
  announced: boolean
  done: boolean
}

type Sizes = ReadonlyMap<string, number>

/**
 * Decodes one stream of the Responses API, or its one response. What the pieces of an item left out comes when the item is
 * done; where both differ the pieces stand, for they have gone out. Driven by `type`: `event:` may be missing.
 */
export function responsesDecoder({ finishReasons, owner, client = 'chat' }: Expected): Decoder {
  const items = new Map<number, Item>()
  const answer = passages()
  const thoughts = passages()
  const trace = reasoningTracer(owner)

  const itemAt = (index: number): Item => {
    const known = items.get(index)
    if (known !== undefined) return known
    if (items.size === MAX_ITEMS) throw streamFailure('malformed', `The response has over ${MAX_ITEMS} items.`)
    const fresh: Item = { phase: undefined, sizes: new Map(), announced: false, done: false }
    items.set(index, fresh)
    return fresh
  }

  const note = ({ sizes }: Item, part: string, piece: string) => {
    sizes.set(part, (sizes.get(part) ?? 0) + piece.length)
  }

  const said = (index: number, part: number, piece: string, logprobs: unknown): ChunkInit[] => {
    const item = itemAt(index)
    const content = answer.add(`${index}.${part}`, piece)
    if (content === '') return []
    note(item, `${part}`, piece)
    trace.text(content.length, item.phase)
    const read = list(logprobs).length > 0 ? readLogprobs({ logprobs: { content: logprobs } }, content) : undefined
    return [{ content, ...(read && { logprobs: read }) }]
  }

  const thought = (index: number, part: string, piece: string): ChunkInit[] => {
    const reasoning = thoughts.add(`${index}.${part}`, piece)
    if (reasoning === '') return []
    note(itemAt(index), part, piece)
    return [{ reasoning }]
  }

  const refused = (index: number, part: number, refusal: string): ChunkInit[] => {
    if (refusal === '') return []
    note(itemAt(index), `${part}`, refusal)
    return [{ refusal }]
  }

  const called = (index: number, piece: string): ChunkInit[] => {
    if (piece === '') return []
    note(itemAt(index), 'input', piece)
    return [{ toolCalls: [{ key: index, arguments: piece }] }]
  }

  const announce = (index: number, source: Json): ChunkInit[] => {
    const item = itemAt(index)
    if (item.announced) return []
    const type = source.type === 'function_call' ? 'function' : 'custom'
    const name = nameOf(source) || (NAMED_CALLS.has(text(source.type)) ? '' : text(source.type))
    item.announced = name !== ''
    return [{ toolCalls: [{ key: index, id: text(source.call_id), type, name, ...trace.call() }] }]
  }

  const begin = (index: number, source: Json): ChunkInit[] => {
    const item = itemAt(index)
    item.phase = text(source.phase) || undefined
    // Its arguments come in pieces, or else when it is done.
    return itemKind(source, client) === 'call' ? announce(index, source) : []
  }

  /** What a finished item adds to its pieces. */
  const REST_OF: Readonly<Record<ItemKind, (index: number, source: Json, sizes: Sizes) => ChunkInit[]>> = {
    message(index, source, sizes) {
      itemAt(index).phase ??= text(source.phase) || undefined
      const parts = objects(source.content).map((part, at) => [`${at}`, part] as const)
      return missingParts(parts, sizes).flatMap(([at, part]) => [
        ...said(index, Number(at), words(part.text), part.logprobs),
        ...refused(index, Number(at), words(part.refusal)),
        ...cited(index, Number(at), objects(part.annotations)),
      ])
    },
    reasoning(index, source, sizes) {
      trace.reasoning(source)
      if (sizes.size > 0) return []
      const summary = objects(source.summary).map((part, at) => [`s${at}`, part.text] as const)
      const content = objects(source.content).map((part, at) => [`c${at}`, part.text] as const)
      const parts = summary.length > 0 ? summary : content
      return parts.flatMap(([part, piece]) => thought(index, part, scalarText(piece) ?? ''))
    },
    call(index, source, sizes) {
      const input = argumentText(source.arguments ?? source.input)
      return [...announce(index, source), ...(sizes.size > 0 ? [] : called(index, input))]
    },
    'own step'() {
      trace.gap()
      return client === 'chat' ? [] : [{ opaque: true }]
    },
  }

  const cited = (index: number, part: number, sources: readonly Json[]): ChunkInit[] => {
    const found = sources.flatMap((source) => annotations(source, answer.start(`${index}.${part}`)))
    return found.length > 0 ? [{ annotations: found }] : []
  }

  const finishItem = (index: number, source: Json): ChunkInit[] => {
    const item = itemAt(index)
    if (item.done) return []
    item.done = true
    return REST_OF[itemKind(source, client)](index, source, item.sizes)
  }

  /** The items of the whole response that no event was about; with events, only those that they announced. */
  const rest = (output: unknown): ChunkInit[] => {
    const isAlone = items.size === 0
    return list(output).flatMap((source, index) =>
      isAlone || items.has(index) ? finishItem(index, object(source)) : [],
    )
  }

  const decode = (event: WireEvent): Iterable<ChunkInit> => {
    if (event.data.trim() === '[DONE]') return []
    const frame = parseJson<unknown>(event.data)
    const error = readStreamError(event, frame)
    if (error !== undefined) throw inBandFailure(error)
    if (!isObject(frame)) throw streamFailure('malformed', 'The provider sent an event that is not a JSON object.')
    const index = count(frame.output_index) ?? 0
    const part = count(frame.content_index) ?? 0
    switch (frame.type) {
      case 'response.created':
      case 'response.queued':
      case 'response.in_progress':
        return [envelopeOf(object(frame.response))]
      case 'response.output_item.added':
        return begin(index, object(frame.item))
      case 'response.output_text.delta':
        return said(index, part, words(frame.delta), frame.logprobs)
      case 'response.refusal.delta':
        return refused(index, part, words(frame.delta))
      case 'response.output_text.annotation.added':
        return cited(index, part, [object(frame.annotation)])
      case 'response.reasoning_summary_text.delta':
        return thought(index, `s${count(frame.summary_index) ?? 0}`, scalarText(frame.delta) ?? '')
      case 'response.reasoning_text.delta':
        return thought(index, `c${part}`, scalarText(frame.delta) ?? '')
      case 'response.function_call_arguments.delta':
      case 'response.custom_tool_call_input.delta':
        return called(index, argumentText(frame.delta))
      case 'response.output_item.done':
        return finishItem(index, object(frame.item))
      case 'response.completed':
      case 'response.incomplete':
      case 'response.failed':
        return lastPieces(
          { ...object(frame.response), status: statusOf(frame.type, object(frame.response)) },
          rest,
          finishReasons,
        )
      default:
        // Asked for whole, it is one response without an event around it.
        if (frame.object === 'response') return lastPieces(frame, rest, finishReasons)
        if (text(frame.object).startsWith('chat.completion')) throw answeredAsChat()
        return []
    }
  }
  return { decode, kept: trace.kept }
}

/** The parts of a finished item of which no piece came. Some servers number them otherwise in pieces: no text comes twice. */
function missingParts(parts: readonly (readonly [at: string, part: Json])[], sizes: Sizes) {
  const whole = parts.reduce((size, [, { text, refusal }]) => size + (scalarText(text ?? refusal) ?? '').length, 0)
  const known = [...sizes.values()].reduce((size, each) => size + each, 0)
  return known < whole ? parts.filter(([at]) => !sizes.has(at)) : []
}

/** Calls that have names of their own; those of other tools go by their type. */
const NAMED_CALLS: ReadonlySet<string> = new Set(['function_call', 'custom_tool_call'])

/** The last of the pieces of a response; `rest` gives those that its items still have. */
function* lastPieces(
  response: Json,
  rest: (output: unknown) => ChunkInit[],
  finishReasons: Expected['finishReasons'],
): Iterable<ChunkInit> {
  const usage = responsesUsage(response.usage)
  yield { ...envelopeOf(response), ...(usage && { usage }) }
  switch (response.status) {
    case 'completed':
      yield* rest(response.output)
      return yield { finish: 'stop', end: true }
    case 'incomplete': {
      yield* rest(response.output)
      const reason = text(object(response.incomplete_details).reason) || 'incomplete'
      const finish = finishOf(reason, INCOMPLETE_ENDS, finishReasons)
      return yield { ...(finish && { finish }), end: true }
    }
    case 'failed':
      throw inBandFailure(streamError({ error: response.error ?? {} }))
    default:
      throw brokenEnd(text(response.status))
  }
}

/** The status that the event names, unless the response in a `response.completed` says that it is not. */
function statusOf(type: string, { status }: Json): string {
  const named = type.slice('response.'.length)
  return named === 'completed' && NOT_COMPLETED.has(text(status)) ? text(status) : named
}

const NOT_COMPLETED: ReadonlySet<string> = new Set(['incomplete', 'failed', 'cancelled'])

/** A server that takes any path for Chat Completions: it would do so again. */
function answeredAsChat(): UpstreamError {
  const message =
    'The provider was asked by the Responses API and answered by Chat Completions: set "openai_api": "chat" for this target.'
  return new UpstreamError('malformed', { ...streamFailure('malformed', message).api, retryable: false })
}

/** Far more than any response has. */
const MAX_ITEMS = 10_000

/** A function of a namespace has its name in front, as clients of Chat Completions declare it. */
function nameOf({ name, namespace }: Json): string {
  const space = text(namespace)
  return space === '' || space === text(name) ? text(name) : `${space}__${text(name)}`
}

function envelopeOf(response: Json): ChunkInit {
  const created = typeof response.created_at === 'number' ? count(Math.floor(response.created_at)) : undefined
  const id = text(response.id)
  const model = text(response.model)
  const tier = servedTier(response.service_tier)
  return {
    ...(id !== '' && { id }),
    ...(created !== undefined && { created }),
    ...(model !== '' && { model }),
    ...(tier !== undefined && { service_tier: tier }),
  }
}
