import { parseJson } from '../../errors.ts'
import type { ChunkInit, Decoder, Endpoint, PlainText, WireEvent } from '../../types/provider.ts'
import { contentBlocks } from '../content-blocks.ts'
import { documentCitation } from '../document-citations.ts'
import { finishOf } from '../ends.ts'
import { argumentText, count, type Json, object, objects, scalarText, text, words } from '../json.ts'
import { servedTier } from '../served-tier.ts'
import { CONVERSE_ENDS } from './ends.ts'
import { raiseException } from './errors.ts'
import { ANSWER_TOOL } from './json-answer.ts'
import { readUsage } from './usage.ts'

interface ConverseOptions extends Pick<Endpoint, 'finishReasons'> {
  /** Whether the answer comes as the input of the tool `json`. */
  throughTool: boolean
  /** Whether signed thinking is to come back with the call that it led to. */
  keepsThinking: boolean
}

/**
 * Reads ConverseStream, or an answer of Converse in its place: the name of an event is in its frame's headers, all the rest in
 * its payload.
 */
export function converseDecoder(options: ConverseOptions): Decoder {
  const { read, whole, plainText, kept } = converseReader(options)
  function* decode(event: WireEvent): Iterable<ChunkInit> {
    raiseException(event)
    const payload = object(parseJson(event.data))
    yield* payload.output === undefined ? read(event.event, payload) : whole(payload)
  }
  return { decode, plainText, kept }
}

interface ConverseReader {
  read(event: string | undefined, payload: Json): Iterable<ChunkInit>
  whole(answer: Json): Iterable<ChunkInit>
  plainText: PlainText
  kept(): number
}

/**
 * Reads the events of one answer. `messageStop` holds its end, `metadata` follows with the usage: both seen, the
 * stream is whole. Since `metadata` is not promised, a clean end after `messageStop` is whole too.
 *
 * Source: ConverseStreamOutput of @aws-sdk/client-bedrock-runtime.
 */
export function converseReader({ throughTool, keepsThinking, finishReasons }: ConverseOptions): ConverseReader {
  const blocks = contentBlocks({ answerTool: throughTool ? ANSWER_TOOL : undefined, keepsThinking })
  let answered = false
  let stopped = false
  let metered = false
  /** The block of the last delta. */
  let last = 0

  function* start(block: number, { toolUse }: Json): Iterable<ChunkInit> {
    if (toolUse === undefined) return
    const { toolUseId, name, type } = object(toolUse)
    // Tools that Bedrock runs itself are none of the client's.
    if (type === 'server_tool_use') return blocks.foreign()
    const pieces = blocks.call(block, text(toolUseId), text(name))
    answered ||= pieces.length === 0
    yield* pieces
  }

  function* delta(block: number, piece: Json): Iterable<ChunkInit> {
    last = block
    yield* blocks.input(block, argumentText(object(piece.toolUse).input))
    if (piece.text !== undefined) yield* blocks.text(block, words(piece.text))
    if (piece.reasoningContent !== undefined) {
      const thought = object(piece.reasoningContent)
      // An answer in one piece has its thinking one level deeper.
      const { text: thinking, signature, redactedContent } = { ...thought, ...object(thought.reasoningText) }
      const redacted = Buffer.from(text(redactedContent), 'base64').toString('latin1')
      yield* blocks.thought(block, { thinking: scalarText(thinking) ?? '', signature: text(signature), redacted })
    }
    yield* cited(object(piece.citation), blocks.range())
  }

  function* stop(reason: unknown): Iterable<ChunkInit> {
    yield* blocks.rest()
    const finish = finishOf(reason, CONVERSE_ENDS, finishReasons)
    if (finish === undefined) return
    stopped = true
    const isAnswer = finish === 'tool_calls' && answered
    yield { finish: isAnswer ? 'stop' : finish, ...(metered && { end: true }) }
  }

  function* measure({ usage: counts, serviceTier }: Json): Iterable<ChunkInit> {
    const tier = servedTier(object(serviceTier).type)
    if (tier !== undefined) yield { service_tier: tier }
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
  /** The answer of Converse, which does not stream. */
  function* whole(answer: Json): Iterable<ChunkInit> {
    const { content } = object(object(answer.output).message)
    for (const [index, block] of objects(content).entries()) {
      yield* start(index, block)
      yield* delta(index, block)
      blocks.end()
    }
    yield* measure(answer)
    yield* stop(answer.stopReason)
  }

  const plainText: PlainText = {
    places: PLACES,
    idle: [['p']],
    noted(kind, piece) {
      if (kind === 'content') blocks.said(piece.length)
      if (kind === 'reasoning') blocks.thought(last, { thinking: piece, signature: '', redacted: '' })
    },
  }
  return { read, whole, plainText, kept: blocks.kept }
}

const PLACES: PlainText['places'] = [
  { kind: 'content', path: ['delta', 'text'] },
  { kind: 'reasoning', path: ['delta', 'reasoningContent', 'text'] },
  { kind: 'arguments', path: ['delta', 'toolUse', 'input'] },
]

/** A citation stands for the text block before it. Source: API reference of CitationLocation. */
function* cited(
  { title, source, location }: Json,
  range: { start_index: number; end_index: number },
): Iterable<ChunkInit> {
  const { web, documentPage, documentChar, documentChunk, searchResultLocation } = object(location)
  const { url, domain } = object(web)
  if (typeof url === 'string') {
    const url_citation = { ...range, url, title: text(title) || text(domain) || url }
    yield { annotations: [{ type: 'url_citation', url_citation }] }
    return
  }
  const [unit, found] =
    documentPage !== undefined
      ? (['page', documentPage] as const)
      : documentChar !== undefined
        ? (['char', documentChar] as const)
        : (['part', documentChunk ?? searchResultLocation] as const)
  if (found === undefined) return
  const { documentIndex, searchResultIndex, start, end } = object(found)
  const place = { title: text(title), document: count(documentIndex) ?? count(searchResultIndex), source: text(source) }
  yield { annotations: [documentCitation({ ...place, unit, from: count(start), to: count(end) }, range)] }
}
