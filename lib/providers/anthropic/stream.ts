import { inBandFailure, parseJson, streamFailure } from '../../errors.ts'
import type { ChatRequest } from '../../types/chat.ts'
import type { FinishReason, Usage } from '../../types/chunk.ts'
import type { ChunkInit, Decoder, Endpoint, PlainText, WireEvent } from '../../types/provider.ts'
import { contentBlocks } from '../content-blocks.ts'
import { anthropicCitation } from '../document-citations.ts'
import { isDoneMark } from '../done-mark.ts'
import { finishOf } from '../ends.ts'
import { argumentText, type Json, list, object, objects, scalarText, sizeOf, text, words } from '../json.ts'
import { raiseForeignError } from '../openai/errors.ts'
import { servedTier } from '../served-tier.ts'
import { summedUsage } from '../usage.ts'
import { ANSWER_TOOL, answersThroughTool } from './answer.ts'
import { ANTHROPIC_ENDS } from './ends.ts'
import { eventError } from './errors.ts'
import { nativeBlocks, withTurn } from './native-blocks.ts'
import { mayPause } from './native-tools.ts'
import { keepsThinking } from './tools.ts'
import { mergeUsage, usageOf } from './usage.ts'

/**
 * Decodes the events of one Messages stream, or its one message. Bedrock and Vertex send the same events. After a pause it
 * reads the message that the turn goes on with as a part of the same answer.
 */
export function anthropicDecoder(
  request: ChatRequest,
  { finishReasons, strict }: Pick<Endpoint, 'finishReasons' | 'strict'>,
): Decoder {
  const blocks = contentBlocks({
    answerTool: answersThroughTool(request) ? ANSWER_TOOL : undefined,
    keepsThinking: keepsThinking(request),
  })
  const native = mayPause(request) ? nativeBlocks() : undefined
  let id: string | undefined
  /** Blocks do not interleave, and each has a start. */
  let block = -1
  let citations: Json[] = []
  /** Characters of the citations. */
  let cited = 0
  /** A call's whole input, as some servers send it in the start; undefined as soon as a fragment of it comes. */
  let whole: Json | undefined
  let isText = false
  let answered = false
  let totals: Json = {}
  /** The usage of messages before the last pause. */
  let spent: Usage | undefined
  let finish: FinishReason | undefined

  const begin = (source: Json): ChunkInit[] => {
    native?.begin(source)
    block += 1
    citations = []
    cited = 0
    isText = source.type === 'text'
    switch (source.type) {
      case 'text':
        citations.push(...objects(source.citations))
        return blocks.text(block, words(source.text))
      case 'thinking':
      case 'redacted_thinking':
        return blocks.thought(block, thoughtIn(source))
      case 'tool_use': {
        const pieces = blocks.call(block, text(source.id), text(source.name))
        const input = object(source.input)
        // An empty object is an answer through the tool, but of a call it says nothing yet.
        whole = pieces.length === 0 || Object.keys(input).length > 0 ? input : undefined
        answered ||= pieces.length === 0
        return pieces
      }
      default:
        blocks.foreign()
        return strict || !isResult(source) ? [] : [{ vendor: { delta: { content_blocks: [source] } } }]
    }
  }

  const change = (delta: Json): ChunkInit[] => {
    native?.change(delta)
    switch (delta.type) {
      case 'text_delta':
        return blocks.text(block, words(delta.text))
      case 'thinking_delta':
      case 'signature_delta':
        return blocks.thought(block, thoughtIn(delta))
      case 'input_json_delta':
        if (argumentText(delta.partial_json) !== '') whole = undefined
        return blocks.input(block, argumentText(delta.partial_json))
      case 'citations_delta':
        citations.push(object(delta.citation))
        cited += sizeOf(delta)
        return []
      default:
        return isText ? blocks.text(block, words(delta.text)) : []
    }
  }

  const end = (): ChunkInit[] => {
    native?.end()
    blocks.end()
    const input = whole === undefined ? '' : JSON.stringify(whole)
    whole = undefined
    return [...blocks.input(block, input), ...annotate(citations, blocks.range())]
  }

  /** The end of a message, or what of it is known so far. */
  const report = (message: Json, usage: unknown): ChunkInit[] => {
    totals = mergeUsage(totals, usage)
    const counted = summedUsage(spent, usageOf(totals))
    const tier = servedTier(totals.service_tier)
    const news = { ...(counted && { usage: counted }), ...(tier && { service_tier: tier }) }
    if (message.stop_reason === 'pause_turn' && native !== undefined) {
      spent = counted
      totals = {}
      id = undefined
      return [news, { pause: (encoded) => withTurn(encoded, native.all()) }]
    }
    const reason = finishOf(message.stop_reason, ANTHROPIC_ENDS, finishReasons)
    finish = reason === 'tool_calls' && answered ? 'stop' : (reason ?? finish)
    if (finish === undefined) return [news]
    const refusal = text(object(message.stop_details).explanation)
    return [...blocks.rest(), ...(refusal ? [{ refusal }] : []), { finish, ...news }]
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
      ...report(message, message.usage),
    ]
  }

  const stop = (): ChunkInit[] => {
    if (finish === undefined) throw streamFailure('truncated', 'The provider ended its message without a stop reason.')
    return [{ end: true }]
  }

  const decode = ({ event: name, data }: WireEvent): ChunkInit[] => {
    if (isDoneMark(data)) return []
    const frame = parseJson<unknown>(data)
    const event = object(frame)
    switch (name === 'error' ? name : event.type) {
      case 'message_start':
        return start(object(event.message))
      case 'message':
        return start(event)
      case 'content_block_start':
        return begin(object(event.content_block))
      case 'content_block_delta':
        return change(object(event.delta))
      case 'content_block_stop':
        return end()
      case 'message_delta':
        return report(object(event.delta), event.usage)
      case 'message_stop':
        return stop()
      case 'error':
        throw inBandFailure(eventError(event))
      default:
        raiseForeignError(frame)
        return []
    }
  }
  const kept = () => blocks.kept() + cited + (native?.kept() ?? 0)
  // A pause needs the text itself.
  const plainText: PlainText = {
    places: PLACES,
    noted(kind, piece) {
      if (kind === 'content') blocks.said(piece.length)
      if (kind === 'reasoning') blocks.thought(block, { thinking: piece, signature: '', redacted: '' })
    },
  }
  return { decode, kept, ...(native === undefined && { plainText }) }
}

const PLACES: PlainText['places'] = [
  { kind: 'content', path: ['delta', 'text'] },
  { kind: 'reasoning', path: ['delta', 'thinking'] },
  { kind: 'arguments', path: ['delta', 'partial_json'] },
]

/** Of a tool that Anthropic itself ran; it comes whole in its start. */
function isResult({ type }: Json): boolean {
  return text(type).endsWith('_tool_result')
}

function thoughtIn({ thinking, signature, data }: Json): { thinking: string; signature: string; redacted: string } {
  return { thinking: scalarText(thinking) ?? '', signature: text(signature), redacted: text(data) }
}

/** Citations come before the words they stand for; their range is the text of their block. */
function annotate(citations: readonly Json[], range: { start_index: number; end_index: number }): ChunkInit[] {
  const annotations = citations.flatMap((citation) => anthropicCitation(citation, range))
  return annotations.length > 0 ? [{ annotations }] : []
}
