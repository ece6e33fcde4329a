import { apiError, inBandFailure, parseJson } from '../../errors.ts'
import type { Annotation, FinishReason } from '../../types/chunk.ts'
import type { ChunkInit, Decoder, PlainText, WireEvent } from '../../types/provider.ts'
import { tracer } from '../anthropic/thinking-trace.ts'
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
 * Reads the events of one answer. `messageStop` tells why it ended, `metadata` follows with the usage: both seen, the
 * stream is whole. Since `metadata` is not promised, a clean end after `messageStop` is whole too.
 *
 * Source: ConverseStreamOutput of @aws-sdk/client-bedrock-runtime.
 */
export function converseReader({ throughTool, keepsThinking }: ConverseOptions): ConverseReader {
  const thoughts = thoughtKeeper(keepsThinking)
  const citations = citationReader()
  /** The blocks that are a client's calls; tools that Bedrock runs itself are not. */
  const calls = new Set<number>()
  let answer: number | undefined
  /** In front of an answer that comes through the tool, text is talk that would spoil the JSON: kept until we know. */
  let preamble: string | undefined = throughTool ? '' : undefined
  let spoke = false
  /** The block of the last text. */
  let speaking = 0
  let stopped = false
  let metered = false

  function* start(block: number, { toolUse }: Json): Iterable<ChunkInit> {
    if (toolUse === undefined) return
    const { toolUseId, name, type } = object(toolUse)
    if (type === 'server_tool_use') {
      thoughts.gap()
    } else if (throughTool && name === ANSWER_TOOL) {
      answer = block
      preamble = undefined
    } else {
      calls.add(block)
      const state = thoughts.call()
      yield {
        toolCalls: [{ key: block, id: text(toolUseId), name: text(name), ...(state !== undefined && { state }) }],
      }
    }
  }

  function* delta(block: number, told: Json): Iterable<ChunkInit> {
    const input = text(object(told.toolUse).input)
    if (calls.has(block)) yield { toolCalls: [{ key: block, arguments: input }] }
    yield* say(block, block === answer ? input : text(told.text))
    if (told.reasoningContent !== undefined) {
      const thought = object(told.reasoningContent)
      thoughts.add(block, thought)
      yield { reasoning: text(thought.text) }
    }
    const annotation = citations.read(object(told.citation))
    if (annotation !== undefined) yield { annotations: [annotation] }
  }

  function* say(block: number, content: string): Iterable<ChunkInit> {
    if (preamble !== undefined) {
      preamble += content
    } else if (content !== '') {
      spoke = true
      speaking = block
      said(content.length)
      yield { content }
    }
  }

  const said = (characters: number) => {
    thoughts.text(characters)
    citations.text(speaking, characters)
  }

  function* stop(reason: unknown): Iterable<ChunkInit> {
    if (preamble) yield { content: preamble }
    if (isBroken(reason) && (calls.size > 0 || !(spoke || preamble))) throw brokenOutput()
    stopped = true
    yield { finish: FINISH.get(reason) ?? 'stop', ...(metered ? { end: true } : { endAtEof: true }) }
  }

  function* measure({ usage: told, serviceTier }: Json): Iterable<ChunkInit> {
    const tier = text(object(serviceTier).type)
    if (tier !== '') yield { service_tier: tier }
    const usage = readUsage(told)
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
  return { read, plainText: { path: ['delta', 'text'], noted: said } }
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

/** Puts the pieces of thinking together, for the trace that Claude wants back with the call that it led to. */
function thoughtKeeper(keeps: boolean) {
  const trace = tracer()
  if (!keeps) trace.gap()
  let open: { block: number; thinking: string; signature: string; redacted: Buffer[] } | undefined

  const close = () => {
    if (open === undefined) return
    const { thinking, signature, redacted } = open
    open = undefined
    if (signature !== '') trace.thinking({ type: 'thinking', thinking, signature })
    else if (redacted.length > 0)
      trace.thinking({ type: 'redacted_thinking', data: Buffer.concat(redacted).toString('latin1') })
    else trace.gap()
  }

  return {
    add(block: number, thought: Json): void {
      if (open?.block !== block) close()
      open ??= { block, thinking: '', signature: '', redacted: [] }
      open.thinking += text(thought.text)
      open.signature += text(thought.signature)
      const redacted = text(thought.redactedContent)
      if (redacted !== '') open.redacted.push(Buffer.from(redacted, 'base64'))
    },
    text(length: number): void {
      close()
      trace.text(length)
    },
    gap(): void {
      close()
      trace.gap()
    },
    call(): string | undefined {
      close()
      return trace.call()
    },
  }
}

/** A citation stands for the text block before it; only those of web pages have a form in OpenAI's format. */
function citationReader() {
  let current: number | undefined
  let begin = 0
  let end = 0
  return {
    text(block: number, length: number): void {
      if (block !== current) begin = end
      current = block
      end += length
    },

    read({ title, location }: Json): Annotation | undefined {
      const { url, domain } = object(object(location).web)
      if (typeof url !== 'string') return undefined
      const name = text(title) || text(domain) || url
      return { type: 'url_citation', url_citation: { start_index: begin, end_index: end, url, title: name } }
    },
  }
}
