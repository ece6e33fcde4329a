import { randomUUID } from 'node:crypto'
import { streamFailure } from '../../errors.ts'
import type { Annotation, Chunk, ChunkChoice, FinishReason, TokenLogprob, Usage } from '../../types/chunk.ts'
import type { ApiError } from '../../types/provider.ts'
import { callIds } from '../call-ids.ts'
import { commentFrame } from '../comment-frame.ts'
import type { AnswerFold, AnswerWriter } from '../dialect.ts'
import { type Call, heldCalls, writtenCall } from './calls.ts'
import { frames } from './frames.ts'
import { type ItemPlace, type MessageItem, messageItem, type ReasoningItem, reasoningItem } from './open-items.ts'
import {
  type ItemStatus,
  type OutputItem,
  type ResponseHead,
  type ResponseObject,
  type ResponseState,
  responseUsage,
} from './response.ts'
import { packStates } from './state.ts'
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
  /** Called with the response, once it is whole, before its client has it. */
  readonly onWhole: (response: ResponseObject) => void
}

type Open = { kind: 'message'; item: MessageItem } | { kind: 'reasoning'; item: ReasoningItem }

/**
 * Writes an answer as the events of the Responses API. One item is open at a time, and what is done is done: an item ends when
 * another kind begins or the answer is whole, so that the rest of a broken text goes on in the same item. Calls come last, when
 * nothing can break any more.
 */
export function responseWriter(options: ResponseOptions): AnswerWriter {
  const { echo, origin, maxAnswerBytes } = options
  const out = frames()
  const base = randomUUID().replaceAll('-', '')
  const unpackedId = callIds()
  const calls = heldCalls()
  const output: OutputItem[] = []
  let head: ResponseHead | undefined
  let open: Open | undefined
  let tier = 'default'
  let usage: Usage | undefined
  let reason: FinishReason | undefined
  /** Characters of text in the messages that have ended. */
  let text = 0
  let openText = 0
  let size = 0

  const place = (prefix: string, index = output.length): ItemPlace => ({
    id: `${prefix}${base}${index.toString(16).padStart(4, '0')}`,
    output_index: index,
  })
  const headOf = (chunk?: Chunk): ResponseHead => ({
    id: `resp_${base}`,
    created_at: chunk?.created ?? now(),
    model: chunk?.model ?? '',
  })
  const response = (of: Partial<ResponseState> & Pick<ResponseState, 'status'>): ResponseObject => ({
    ...(head ?? headOf()),
    ...{ object: 'response', completed_at: null, error: null, incomplete_details: null, usage: null },
    ...{ service_tier: tier, output, ...of },
    ...echo,
  })

  const begin = (chunk: Chunk): string => {
    if (head !== undefined) return ''
    head = headOf(chunk)
    const begun = response({ status: 'in_progress', output: [] })
    return out.event('response.created', { response: begun }) + out.event('response.in_progress', { response: begun })
  }

  const close = (status: ItemStatus): string => {
    if (open === undefined) return ''
    const { item } = open
    if (open.kind === 'message') {
      text += openText
      openText = 0
    }
    open = undefined
    const ended = item.end(status)
    output.push(item.item(status))
    return ended
  }
  const message = (): { begun: string; item: MessageItem } => {
    if (open?.kind === 'message') return { begun: '', item: open.item }
    const closed = close('completed')
    const item = messageItem(out, place('msg_'), text)
    open = { kind: 'message', item }
    return { begun: closed + item.begin(), item }
  }
  const reasoning = (): { begun: string; item: ReasoningItem } => {
    if (open?.kind === 'reasoning') return { begun: '', item: open.item }
    const closed = close('completed')
    const item = reasoningItem(out, place('rs_'))
    if (options.encrypted) item.keep(packStates(new Map()))
    open = { kind: 'reasoning', item }
    return { begun: closed + item.begin(), item }
  }

  const addText = (content: string, logprobs: readonly TokenLogprob[] | undefined): string => {
    const { begun, item } = message()
    openText += content.length
    return begun + item.text(content, options.logprobs ? logprobs : undefined)
  }
  const addRefusal = (refusal: string): string => {
    const { begun, item } = message()
    return begun + item.refusal(refusal)
  }
  const addReasoning = (thought: string): string => {
    const { begun, item } = reasoning()
    return begun + item.text(thought)
  }
  const addAnnotation = (annotation: Annotation): string => {
    const { begun, item } = message()
    return begun + item.annotation(annotation)
  }

  const grow = ({ delta }: ChunkChoice) => {
    size += (delta.content?.length ?? 0) + (delta.reasoning_content?.length ?? 0) + (delta.refusal?.length ?? 0)
    if (size <= maxAnswerBytes) return
    throw streamFailure('malformed', `The answer exceeds maxAnswerBytes (${maxAnswerBytes}).`)
  }
  const addChoice = (choice: ChunkChoice): string => {
    const { delta, logprobs, finish_reason: end } = choice
    grow(choice)
    let written = ''
    if (delta.reasoning_content) written += addReasoning(delta.reasoning_content)
    if (delta.content) written += addText(delta.content, logprobs?.content ?? undefined)
    if (delta.refusal) written += addRefusal(delta.refusal)
    for (const annotation of delta.annotations ?? []) written += addAnnotation(annotation)
    if (delta.tool_calls !== undefined) calls.add(delta.tool_calls)
    if (end !== null) reason = end
    return written
  }
  const write = (chunk: Chunk): string => {
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
    let written = ''
    if (states.size > 0) {
      const { begun, item } = reasoning()
      item.keep(packStates(states))
      written += begun
    }
    written += close(incomplete && all.length === 0 ? 'incomplete' : 'completed')
    all.forEach((call, index) => {
      const cut = incomplete && index === all.length - 1
      const { frames: events, item } = writtenCall(out, place(''), call, origin(call.name), cut)
      output.push(item)
      written += events
    })
    return written
  }

  return {
    chunk: write,
    keepAlive: () => (head === undefined ? commentFrame('keep-alive') : out.event('keepalive', {})),
    finish(ending) {
      const last = ending.map(write).join('')
      const why = INCOMPLETE[reason ?? 'stop']
      const end = last + writeEnd(why !== undefined)
      const status = why === undefined ? 'completed' : 'incomplete'
      const whole = response({
        ...{ status, usage: responseUsage(usage), completed_at: why === undefined ? now() : null },
        ...(why !== undefined && { incomplete_details: { reason: why } }),
      })
      options.onWhole(whole)
      return end + out.event(`response.${status}`, { response: whole })
    },
    fail(error) {
      const { message: text, type, param } = error
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
    onWhole(response) {
      whole = response
      options.onWhole(response)
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
