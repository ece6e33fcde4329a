import { nativeOf, plainText } from '../../chunk.ts'
import { ownCopy } from '../../own-copy.ts'
import type { Chunk } from '../../types/chunk.ts'
import type { NativeEvent } from '../../types/provider.ts'
import type { AnswerWriter } from '../dialect.ts'
import { jsonLiteral } from '../json-literal.ts'
import { type ContentEvent, type ContentEvents, contentEvents } from './content-events.ts'
import { errorEnvelope } from './errors.ts'
import { emptyMessage } from './message.ts'
import { endingOf, stopOf } from './stop.ts'
import { deltaUsage, estimatedUsage, messageUsage } from './usage.ts'

/** One SSE event. SDKs skip those without an `event:` line. */
export function eventFrame(event: { type: string }): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`
}

/** The events by which blocks begin and end. */
const EDGES: ReadonlySet<string> = new Set(['content_block_start', 'content_block_stop'])

const STOP = eventFrame({ type: 'message_stop' })

function nativeEnd(ending: readonly Chunk[]): string {
  const events = ending.flatMap((chunk) => nativeOf(chunk) ?? [])
  const frames = events.map(nativeFrame).join('')
  // Behind its reason, an answer may be whole without its last event.
  return events.some(({ event }) => event === 'message_stop') ? frames : frames + STOP
}

/** All that readers take for the end of a line. Data has some where the provider wrote it in several lines, or broke the rules. */
const LINE_END = /\r\n|\r|\n/

function nativeFrame({ event, data }: NativeEvent): string {
  const lines = LINE_END.test(data) ? data.split(LINE_END).join('\ndata: ') : data
  return `event: ${event}\ndata: ${lines}\n\n`
}

const PING = eventFrame({ type: 'ping' })

/** Writes an answer as Anthropic's SSE. `inputTokens`: an estimate, for those who read the input at the beginning alone. */
export function messageWriter(inputTokens: () => number): AnswerWriter {
  let content: ContentEvents | undefined
  /** The frame of a piece of text, up to the text: all of it but that is constant within a block. */
  let before: { index: number; head: string } | undefined

  const begin = (first: Chunk): [ContentEvents, string] => {
    if (content !== undefined) return [content, '']
    content = contentEvents(first.model)
    const usage = messageUsage(estimatedUsage(inputTokens()), first.service_tier)
    return [content, eventFrame({ type: 'message_start', ...{ message: emptyMessage(first, usage) } })]
  }

  const headOf = (index: number): string => {
    if (before?.index !== index) {
      const head = `event: content_block_delta\ndata: {"type":"content_block_delta","index":${index},"delta":`
      before = { index, head: ownCopy(`${head}{"type":"text_delta","text":`) }
    }
    return before.head
  }

  /** An answer of this dialect is one; a config may ask a target for several all the same. */
  const add = (events: ContentEvents, { choices }: Chunk): string =>
    frames(choices.flatMap(({ index, delta }) => (index === 0 ? events.add(delta) : [])))

  /** Events of the provider's own, as they are. What stands in them of blocks is read, so that another attempt can go on. */
  const pass = (chunk: Chunk, natives: readonly NativeEvent[]): string => {
    content ??= contentEvents(chunk.model)
    for (const native of natives) if (EDGES.has(native.event)) content.follow(JSON.parse(native.data))
    return natives.map(nativeFrame).join('')
  }

  return {
    chunk(chunk) {
      const natives = nativeOf(chunk)
      if (natives !== undefined) return pass(chunk, natives)
      const open = content?.open()
      if (open?.kind === 'text' && chunk.choices[0]?.index === 0) {
        const text = plainText(chunk)
        if (text) return `${headOf(open.index) + jsonLiteral(text)}}}\n\n`
      }
      const [events, start] = begin(chunk)
      return start + add(events, chunk)
    },
    keepAlive: () => PING,
    finish(ending) {
      const [first] = ending
      if (first === undefined) throw new Error('an answer ends with its finish reason')
      if (nativeOf(first) !== undefined) return nativeEnd(ending)
      const [events, start] = begin(first)
      const calls = ending.map((chunk) => add(events, chunk)).join('')
      const { finish, usage } = endingOf(ending)
      const delta = stopOf(finish, events.refused())
      const counted = usage === undefined ? { output_tokens: 0 } : deltaUsage(usage)
      return (
        start +
        calls +
        frames(events.close()) +
        eventFrame({ type: 'message_delta', ...{ delta, usage: counted } }) +
        STOP
      )
    },
    fail(error) {
      // Clients keep a text that is closed, and go on from it. Of thoughts and calls they could only take half for whole.
      const closed = content?.open()?.kind === 'text' ? content.close() : []
      return frames(closed) + eventFrame(errorEnvelope(error))
    },
  }
}

function frames(events: readonly ContentEvent[]): string {
  return events.map(eventFrame).join('')
}
