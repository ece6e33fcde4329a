import { nativeOf, plainText } from '../../chunk.ts'
import { ownCopy } from '../../own-copy.ts'
import type { Chunk } from '../../types/chunk.ts'
import type { NativeEvent } from '../../types/provider.ts'
import type { AnswerWriter } from '../dialect.ts'
import { jsonLiteral } from '../json-literal.ts'
import { type ContentEvents, contentEvents } from './content-events.ts'
import { errorEnvelope } from './errors.ts'
import { eventFrame, frames } from './event-frame.ts'
import { emptyMessage } from './message.ts'
import { asTheyAre, behindJoint, type NativeWriter } from './native-writer.ts'
import { endingOf, stopOf } from './stop.ts'
import { type DeltaUsage, deltaUsage, estimatedUsage, messageUsage } from './usage.ts'

const STOP = eventFrame({ type: 'message_stop' })

const PING = eventFrame({ type: 'ping' })

/** Writes an answer as Anthropic's SSE. `inputTokens`: an estimate, for those who read the input at the beginning alone. */
export function messageWriter(inputTokens: () => number): AnswerWriter {
  let content: ContentEvents | undefined
  /** Of the current attempt. */
  let native: NativeWriter | undefined
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

  /** Undefined: what the chunk says is to be written as ours. */
  const pass = (chunk: Chunk, natives = nativeOf(chunk), usage?: DeltaUsage): string | undefined => {
    if (natives === undefined) return undefined
    content ??= contentEvents(chunk.model)
    native ??= asTheyAre(content)
    return native(natives, usage)
  }

  /** Behind its reason, an answer may be whole without its last event. */
  const passEnd = (
    first: Chunk,
    natives: readonly NativeEvent[],
    usage: DeltaUsage | undefined,
  ): string | undefined => {
    const passed = natives.length === 0 ? undefined : pass(first, natives, usage)
    return passed === undefined || natives.at(-1)?.event === 'message_stop' ? passed : passed + STOP
  }

  return {
    chunk(chunk) {
      const passed = pass(chunk)
      if (passed !== undefined) return passed
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
      const { finish, usage } = endingOf(ending)
      const counted = usage && deltaUsage(usage)
      const natives = ending.flatMap((chunk) => nativeOf(chunk) ?? [])
      const passed = passEnd(first, natives, counted)
      if (passed !== undefined) return passed
      const [events, start] = begin(first)
      const calls = ending.map((chunk) => add(events, chunk)).join('')
      const end = { delta: stopOf(finish, events.refused()), usage: counted ?? { output_tokens: 0 } }
      return start + calls + frames(events.close()) + eventFrame({ type: 'message_delta', ...end }) + STOP
    },
    continue() {
      native = content && behindJoint(content)
    },
    fail(error) {
      // Clients keep a text that is closed, and go on from it. Of thoughts and calls they could only take half for whole.
      const closed = content?.open()?.kind === 'text' ? content.close() : []
      return frames(closed) + eventFrame(errorEnvelope(error))
    },
  }
}
