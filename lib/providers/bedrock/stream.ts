import { parseJson } from '../../errors.ts'
import type { ChunkInit, Decoder, Endpoint, PlainText } from '../../types/provider.ts'
import { contentBlocks } from '../content-blocks.ts'
import { finishOf } from '../ends.ts'
import { argumentText, count, type Json, object, objects, scalarText, sizeOf, text, words } from '../json.ts'
import { servedTier } from '../served-tier.ts'
import { converseCitation } from './citations.ts'
import { drawing } from './drawing.ts'
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
  const reader = converseReader(options)
  const { plainText, kept } = reader
  return {
    decode(event) {
      raiseException(event)
      const payload = object(parseJson(event.data))
      return payload.output === undefined ? eventPieces(event.event, payload, reader) : answerPieces(payload, reader)
    },
    plainText,
    kept,
  }
}

export interface ConverseReader {
  start(block: number, content: Json): ChunkInit[]
  delta(block: number, piece: Json): ChunkInit[]
  /** The block that was open is over. */
  endBlock(): ChunkInit[]
  /** What was held back. */
  rest(): ChunkInit[]
  /** Throws for a reason that is a failure. */
  stop(reason: unknown): ChunkInit[]
  measure(metadata: Json): ChunkInit[]
  plainText: PlainText
  kept(): number
}

/** One event of an answer. */
export function* eventPieces(event: string | undefined, payload: Json, reader: ConverseReader): Iterable<ChunkInit> {
  const block = count(payload.contentBlockIndex) ?? 0
  switch (event) {
    case 'contentBlockStart':
      return yield* reader.start(block, object(payload.start))
    case 'contentBlockDelta':
      return yield* reader.delta(block, object(payload.delta))
    case 'contentBlockStop':
      return yield* reader.endBlock()
    case 'messageStop':
      yield* reader.rest()
      return yield* reader.stop(payload.stopReason)
    case 'metadata':
      return yield* reader.measure(payload)
  }
}

/** The answer of Converse, which does not stream. */
export function* answerPieces(answer: Json, reader: ConverseReader): Iterable<ChunkInit> {
  const { content } = object(object(answer.output).message)
  for (const [index, block] of objects(content).entries()) {
    yield* reader.start(index, block)
    for (const piece of [block, ...citedPieces(block)]) yield* reader.delta(index, piece)
    yield* reader.endBlock()
  }
  yield* reader.measure(answer)
  yield* reader.rest()
  yield* reader.stop(answer.stopReason)
}

/** Of a text with its citations, which streams have apart. */
function citedPieces({ citationsContent }: Json): Json[] {
  const { content, citations } = object(citationsContent)
  return [
    ...objects(content).map((each) => ({ text: each.text })),
    ...objects(citations).map((citation) => ({ citation })),
  ]
}

/**
 * Reads what the events of one answer hold. `messageStop` holds its end, `metadata` follows with the usage: both seen, the
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
  const image = drawing()
  /** Of the block that is open: they may come before its words. */
  let citations: Json[] = []
  /** Characters of the citations. */
  let cites = 0

  const endBlock = (): ChunkInit[] => {
    blocks.end()
    const drawn = image.take()
    const range = blocks.range()
    const annotations = citations.flatMap((citation) => converseCitation(citation, range))
    citations = []
    cites = 0
    return [
      ...(drawn === '' ? [] : blocks.text(`image ${last}`, drawn)),
      ...(annotations.length > 0 ? [{ annotations }] : []),
    ]
  }

  const thought = (block: number, content: Json): ChunkInit[] => {
    // An answer in one piece has its thinking one level deeper.
    const { text: thinking, signature, redactedContent } = { ...content, ...object(content.reasoningText) }
    const redacted = Buffer.from(text(redactedContent), 'base64').toString('latin1')
    return blocks.thought(block, { thinking: scalarText(thinking) ?? '', signature: text(signature), redacted })
  }

  const plainText: PlainText = {
    places: PLACES,
    idle: [['p']],
    noted(kind, piece) {
      if (kind === 'content') blocks.said(piece.length)
      if (kind === 'reasoning') blocks.thought(last, { thinking: piece, signature: '', redacted: '' })
    },
  }
  return {
    start(block, { toolUse, image: begun }) {
      if (begun !== undefined) image.begin(begun)
      if (toolUse === undefined) return []
      const { toolUseId, name, type } = object(toolUse)
      if (type === 'server_tool_use') {
        // Tools that Bedrock runs itself are none of the client's.
        blocks.foreign()
        return []
      }
      const pieces = blocks.call(block, text(toolUseId), text(name))
      answered ||= pieces.length === 0
      return pieces
    },
    delta(block, piece) {
      const before = block === last ? [] : endBlock()
      last = block
      if (piece.image !== undefined) image.add(piece.image)
      if (piece.citation !== undefined) {
        citations.push(object(piece.citation))
        cites += sizeOf(piece.citation)
      }
      return [
        ...before,
        ...blocks.input(block, argumentText(object(piece.toolUse).input)),
        ...(piece.text === undefined ? [] : blocks.text(block, words(piece.text))),
        ...(piece.reasoningContent === undefined ? [] : thought(block, object(piece.reasoningContent))),
      ]
    },
    endBlock,
    rest: () => [...endBlock(), ...blocks.rest()],
    stop(reason) {
      const finish = finishOf(reason, CONVERSE_ENDS, finishReasons)
      if (finish === undefined) return []
      stopped = true
      const isAnswer = finish === 'tool_calls' && answered
      return [{ finish: isAnswer ? 'stop' : finish, ...(metered && { end: true }) }]
    },
    measure({ usage: counts, serviceTier }) {
      const tier = servedTier(object(serviceTier).type)
      const tiers = tier === undefined ? [] : [{ service_tier: tier }]
      const usage = readUsage(counts)
      if (usage === undefined) return tiers
      metered = true
      return [...tiers, stopped ? { usage, end: true } : { usage }]
    },
    plainText,
    kept: () => blocks.kept() + image.kept() + cites,
  }
}

const PLACES: PlainText['places'] = [
  { kind: 'content', path: ['delta', 'text'] },
  { kind: 'reasoning', path: ['delta', 'reasoningContent', 'text'] },
  { kind: 'arguments', path: ['delta', 'toolUse', 'input'] },
]
