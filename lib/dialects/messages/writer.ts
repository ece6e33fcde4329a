import { plainText } from '../../chunk.ts'
import { ownCopy } from '../../own-copy.ts'
import type { Chunk } from '../../types/chunk.ts'
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

  return {
    chunk(chunk) {
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
        eventFrame({ type: 'message_stop' })
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
