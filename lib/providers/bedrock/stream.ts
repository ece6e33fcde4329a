import { apiError, inBandFailure, parseJson } from '../../errors.ts'
import type { FinishReason } from '../../types/chunk.ts'
import type { ChunkInit, Decoder, PlainText, WireEvent } from '../../types/provider.ts'
import { contentBlocks } from '../content-blocks.ts'
import { count, type Json, object, text } from '../json.ts'
import { raiseException } from './errors.ts'
import { ANSWER_TOOL } from './json-answer.ts'
import { readUsage } from './usage.ts'

interface ConverseOptions {
  /** Whether the answer comes as the input of the tool `json`. */
  throughTool: boolean
  /** Whether signed thinking is to come back with the call that it led to. */
  keepsThinking: boolean
}

/** Reads ConverseStream: the name of an event is in its frame's headers, all the rest in its payload. */
export function converseDecoder(options: ConverseOptions): Decoder {
  const { read, plainText } = converseReader(options)
  function* decode(event: WireEvent): Iterable<ChunkInit> {
    raiseException(event)
    yield* read(event.event, object(parseJson(event.data)))
  }
  return Object.assign(decode, { plainText })
}

interface ConverseReader {
  read(event: string | undefined, payload: Json): Iterable<ChunkInit>
  plainText: PlainText
}

/**
 * Reads the events of one answer. `messageStop` holds its end, `metadata` follows with the usage: both seen, the
 * stream is whole. Since `metadata` is not promised, a clean end after `messageStop` is whole too.
 *
 * Source: ConverseStreamOutput of @aws-sdk/client-bedrock-runtime.
 */
export function converseReader({ throughTool, keepsThinking }: ConverseOptions): ConverseReader {
  const blocks = contentBlocks({ answerTool: throughTool ? ANSWER_TOOL : undefined, keepsThinking })
  let calls = 0
  let stopped = false
  let metered = false

  function* start(block: number, { toolUse }: Json): Iterable<ChunkInit> {
    if (toolUse === undefined) return
    const { toolUseId, name, type } = object(toolUse)
    // Tools that Bedrock runs itself are none of the client's.
    if (type === 'server_tool_use') return blocks.foreign()
    for (const piece of blocks.call(block, text(toolUseId), text(name))) {
      calls += 1
      yield piece
    }
  }

  function* delta(block: number, piece: Json): Iterable<ChunkInit> {
    yield* blocks.input(block, text(object(piece.toolUse).input))
    if (piece.text !== undefined) yield* blocks.text(block, text(piece.text))
    if (piece.reasoningContent !== undefined) {
      const { text: thinking, signature, redactedContent } = object(piece.reasoningContent)
      const redacted = Buffer.from(text(redactedContent), 'base64').toString('latin1')
      yield* blocks.thought(block, { thinking: text(thinking), signature: text(signature), redacted })
    }
    yield* cited(object(piece.citation), blocks.range())
  }

  function* stop(reason: unknown): Iterable<ChunkInit> {
    yield* blocks.rest()
    if (isBroken(reason) && (calls > 0 || blocks.range().end_index === 0)) throw brokenOutput()
    stopped = true
    yield { finish: FINISH.get(reason) ?? 'stop', ...(metered ? { end: true } : { endAtEof: true }) }
  }

  function* measure({ usage: counts, serviceTier }: Json): Iterable<ChunkInit> {
    const tier = text(object(serviceTier).type)
    if (tier !== '') yield { service_tier: tier }
    const usage = readUsage(counts)
    if (usage === undefined) return
    metered = true
    yield stopped ? { usage, end: true } : { usage }
  }

  function* read(event: string | undefined, payload: Json): Iterable<ChunkInit> {
    const block = count(payload.contentBlockIndex) ?? 0
    switch (event) {
      case 'contentBlockStart':
        yield* start(block, object(payload.start))
        break
      case 'contentBlockDelta':
        yield* delta(block, object(payload.delta))
        break
      case 'messageStop':
        yield* stop(payload.stopReason)
        break
      case 'metadata':
        yield* measure(payload)
    }
  }
  return { read, plainText: { path: ['delta', 'text'], noted: blocks.said } }
}

const FINISH = new Map<unknown, FinishReason>([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['tool_use', 'tool_calls'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['guardrail_intervened', 'content_filter'],
  ['content_filtered', 'content_filter'],
])

/** The model wrote what Bedrock could not read. Text that came before stands for itself, a call does not. */
function isBroken(stopReason: unknown): boolean {
  return stopReason === 'malformed_model_output' || stopReason === 'malformed_tool_use'
}

function brokenOutput() {
  return inBandFailure(apiError(502, 'The model wrote a tool call or an answer that Bedrock could not read.'))
}

/** A citation stands for the text block before it; only those of web pages have a form in OpenAI's format. */
function* cited({ title, location }: Json, range: { start_index: number; end_index: number }): Iterable<ChunkInit> {
  const { url, domain } = object(object(location).web)
  if (typeof url !== 'string') return
  const url_citation = { ...range, url, title: text(title) || text(domain) || url }
  yield { annotations: [{ type: 'url_citation', url_citation }] }
}
