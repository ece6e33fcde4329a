import { inBandFailure, parseJson, streamFailure } from '../../errors.ts'
import type { ChatRequest } from '../../types/chat.ts'
import type { Annotation, FinishReason } from '../../types/chunk.ts'
import type { ChunkInit, Decoder, WireEvent } from '../../types/provider.ts'
import { type Json, list, object, text } from '../json.ts'
import { ANSWER_TOOL, answersThroughTool } from './answer.ts'
import { eventError } from './errors.ts'
import { tracer } from './thinking-trace.ts'
import { keepsThinking } from './tools.ts'
import { mergeUsage, usageOf } from './usage.ts'

/** A reason that is not listed is a plain stop. Source: @anthropic-ai/sdk `StopReason`. */
const FINISH = new Map<string, FinishReason>([
  ['tool_use', 'tool_calls'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['refusal', 'content_filter'],
])

const SERVICE_TIERS = new Map<unknown, string>([
  ['standard', 'default'],
  ['priority', 'priority'],
])

/** The block that is open. Blocks do not interleave; those of server tools are none of ours. */
type Block =
  | { type: 'text'; start: number; citations: Json[] }
  | { type: 'thinking'; thinking: string; signature: string }
  | { type: 'call'; key: number; input: Json; filled: boolean }
  | { type: 'answer'; input: Json; filled: boolean }
  | undefined

/** Decodes the events of one Messages stream. Bedrock and Vertex send the same events. */
export function anthropicDecoder(request: ChatRequest): Decoder {
  const throughTool = answersThroughTool(request)
  const trace = tracer()
  if (!keepsThinking(request)) trace.gap()
  let id: string | undefined
  let block: Block
  let calls = 0
  /** Characters of content so far. */
  let length = 0
  /** Talk in front of an answer through the tool would spoil its JSON, so it is held until there is no such answer. */
  let preamble = throughTool ? '' : undefined
  let totals: Json = {}
  let finish: FinishReason | undefined
  let refusal = ''

  const said = (characters: number) => {
    length += characters
    trace.text(characters)
  }

  const say = (words: string): ChunkInit[] => {
    if (words === '') return []
    if (preamble !== undefined) {
      preamble += words
      return []
    }
    said(words.length)
    return [{ content: words }]
  }

  const think = (words: string): ChunkInit[] => {
    if (block?.type === 'thinking') block.thinking += words
    return words === '' ? [] : [{ reasoning: words }]
  }

  const input = (fragment: string): ChunkInit[] => {
    if (fragment === '' || (block?.type !== 'call' && block?.type !== 'answer')) return []
    block.filled = true
    return block.type === 'answer'
      ? [{ content: fragment }]
      : [{ toolCalls: [{ key: block.key, arguments: fragment }] }]
  }

  const beginCall = (source: Json): ChunkInit[] => {
    const name = text(source.name)
    const whole = object(source.input)
    if (throughTool && name === ANSWER_TOOL) {
      block = { type: 'answer', input: whole, filled: false }
      preamble = undefined
      return []
    }
    const key = calls++
    block = { type: 'call', key, input: whole, filled: false }
    const state = trace.call()
    return [{ toolCalls: [{ key, id: text(source.id), name, arguments: '', ...(state !== undefined && { state }) }] }]
  }

  const begin = (source: Json): ChunkInit[] => {
    switch (source.type) {
      case 'text':
        block = { type: 'text', start: length, citations: [] }
        return say(text(source.text))
      case 'thinking':
        block = { type: 'thinking', thinking: '', signature: text(source.signature) }
        return think(text(source.thinking))
      case 'redacted_thinking':
        block = undefined
        if (text(source.data) === '') trace.gap()
        else trace.thinking({ type: 'redacted_thinking', data: text(source.data) })
        return []
      case 'tool_use':
        return beginCall(source)
      default:
        block = undefined
        trace.gap()
        return []
    }
  }

  const change = (delta: Json): ChunkInit[] => {
    switch (delta.type) {
      case 'text_delta':
        return say(text(delta.text))
      case 'thinking_delta':
        return think(text(delta.thinking))
      case 'signature_delta':
        if (block?.type === 'thinking') block.signature += text(delta.signature)
        return []
      case 'input_json_delta':
        return input(text(delta.partial_json))
      case 'citations_delta':
        if (block?.type === 'text') block.citations.push(object(delta.citation))
        return []
      default:
        return []
    }
  }

  const end = (): ChunkInit[] => {
    const ended = block
    const unfilled = (ended?.type === 'call' || ended?.type === 'answer') && !ended.filled
    // Some servers tell the whole input in the start. A call's lack of any is filled in once the answer is whole.
    const late = unfilled && (ended.type === 'answer' || Object.keys(ended.input).length > 0)
    const rest = late ? input(JSON.stringify(ended.input)) : []
    block = undefined
    if (ended?.type === 'text') return annotate(ended.citations, ended.start, length)
    if (ended?.type === 'thinking') {
      if (ended.signature === '') trace.gap()
      else trace.thinking({ type: 'thinking', thinking: ended.thinking, signature: ended.signature })
    }
    return rest
  }

  const report = (told: { usage: unknown; stop: unknown }): ChunkInit => {
    totals = mergeUsage(totals, told.usage)
    const reason = text(told.stop)
    if (reason !== '') finish = reason === 'tool_use' && calls === 0 ? 'stop' : (FINISH.get(reason) ?? 'stop')
    const usage = usageOf(totals)
    const tier = SERVICE_TIERS.get(totals.service_tier)
    return { ...(finish && { finish }), ...(usage && { usage }), ...(tier && { service_tier: tier }) }
  }

  const start = (message: Json): ChunkInit[] => {
    const name = text(message.id)
    if (id === name) return []
    if (id !== undefined) throw streamFailure('malformed', 'The provider began a second message in one stream.')
    id = name
    const blocks = list(message.content).flatMap((whole) => [...begin(object(whole)), ...end()])
    return [
      { ...(id && { id: `chatcmpl-${id}` }), model: text(message.model) },
      ...blocks,
      report({ usage: message.usage, stop: message.stop_reason }),
    ]
  }

  const stop = (): ChunkInit[] => {
    if (finish === undefined) throw streamFailure('truncated', 'The provider ended its message without a stop reason.')
    return [...(preamble ? [{ content: preamble }] : []), ...(refusal ? [{ refusal }] : []), { end: true }]
  }

  const decode = ({ event: name, data }: WireEvent): ChunkInit[] => {
    const event = object(parseJson(data))
    switch (name === 'error' ? name : event.type) {
      case 'message_start':
        return start(object(event.message))
      case 'content_block_start':
        return begin(object(event.content_block))
      case 'content_block_delta':
        return change(object(event.delta))
      case 'content_block_stop':
        return end()
      case 'message_delta': {
        const delta = object(event.delta)
        refusal = text(object(delta.stop_details).explanation) || refusal
        return [report({ usage: event.usage, stop: delta.stop_reason })]
      }
      case 'message_stop':
        return stop()
      case 'error':
        throw inBandFailure(eventError(event))
      default:
        return []
    }
  }
  return Object.assign(decode, { plainText: { path: ['delta', 'text'], noted: said } })
}

/** Citations come before the words they stand for; their range is the text of their block. */
function annotate(citations: readonly Json[], start: number, end: number): ChunkInit[] {
  const annotations = citations.flatMap<Annotation>(({ type, url, title }) =>
    type === 'web_search_result_location' && text(url) !== ''
      ? [
          {
            type: 'url_citation',
            url_citation: { start_index: start, end_index: end, url: text(url), title: text(title) },
          },
        ]
      : [],
  )
  return annotations.length > 0 ? [{ annotations }] : []
}
