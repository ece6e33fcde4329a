import { inBandFailure, parseJson, streamFailure } from '../../errors.ts'
import type { ChatRequest } from '../../types/chat.ts'
import type { Annotation, FinishReason } from '../../types/chunk.ts'
import type { ChunkInit, Decoder, WireEvent } from '../../types/provider.ts'
import { contentBlocks } from '../content-blocks.ts'
import { type Json, list, object, text } from '../json.ts'
import { ANSWER_TOOL, answersThroughTool } from './answer.ts'
import { eventError } from './errors.ts'
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

/** Decodes the events of one Messages stream. Bedrock and Vertex send the same events. */
export function anthropicDecoder(request: ChatRequest): Decoder {
  const blocks = contentBlocks({
    answerTool: answersThroughTool(request) ? ANSWER_TOOL : undefined,
    keepsThinking: keepsThinking(request),
  })
  let id: string | undefined
  /** Blocks do not interleave, and each has a start. */
  let block = -1
  let citations: Json[] = []
  /** A call's whole input, as some servers send it in the start; undefined as soon as a fragment of it comes. */
  let whole: Json | undefined
  let calls = 0
  let totals: Json = {}
  let finish: FinishReason | undefined
  let refusal = ''

  const begin = (source: Json): ChunkInit[] => {
    block += 1
    citations = []
    switch (source.type) {
      case 'text':
        return blocks.text(block, text(source.text))
      case 'thinking':
      case 'redacted_thinking':
        return blocks.thought(block, thoughtIn(source))
      case 'tool_use': {
        const pieces = blocks.call(block, text(source.id), text(source.name))
        const input = object(source.input)
        // An empty object is an answer through the tool, but of a call it says nothing yet.
        whole = pieces.length === 0 || Object.keys(input).length > 0 ? input : undefined
        calls += pieces.length
        return pieces
      }
      default:
        blocks.foreign()
        return []
    }
  }

  const change = (delta: Json): ChunkInit[] => {
    switch (delta.type) {
      case 'text_delta':
        return blocks.text(block, text(delta.text))
      case 'thinking_delta':
      case 'signature_delta':
        return blocks.thought(block, thoughtIn(delta))
      case 'input_json_delta':
        if (text(delta.partial_json) !== '') whole = undefined
        return blocks.input(block, text(delta.partial_json))
      case 'citations_delta':
        citations.push(object(delta.citation))
        return []
      default:
        return []
    }
  }

  const end = (): ChunkInit[] => {
    blocks.end()
    const input = whole === undefined ? '' : JSON.stringify(whole)
    whole = undefined
    return [...blocks.input(block, input), ...annotate(citations, blocks.range())]
  }

  const report = (news: { usage: unknown; stop: unknown }): ChunkInit => {
    totals = mergeUsage(totals, news.usage)
    const reason = text(news.stop)
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
    const content = list(message.content).flatMap((whole) => [...begin(object(whole)), ...end()])
    return [
      { ...(id && { id: `chatcmpl-${id}` }), model: text(message.model) },
      ...content,
      report({ usage: message.usage, stop: message.stop_reason }),
    ]
  }

  const stop = (): ChunkInit[] => {
    if (finish === undefined) throw streamFailure('truncated', 'The provider ended its message without a stop reason.')
    return [...blocks.rest(), ...(refusal ? [{ refusal }] : []), { end: true }]
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
  return Object.assign(decode, { plainText: { path: ['delta', 'text'], noted: blocks.said } })
}

function thoughtIn({ thinking, signature, data }: Json): { thinking: string; signature: string; redacted: string } {
  return { thinking: text(thinking), signature: text(signature), redacted: text(data) }
}

/** Citations come before the words they stand for; their range is the text of their block. */
function annotate(citations: readonly Json[], range: { start_index: number; end_index: number }): ChunkInit[] {
  const annotations = citations.flatMap<Annotation>(({ type, url, title }) => {
    if (type !== 'web_search_result_location' || text(url) === '') return []
    return [{ type: 'url_citation', url_citation: { ...range, url: text(url), title: text(title) } }]
  })
  return annotations.length > 0 ? [{ annotations }] : []
}
