import type { Annotation, TokenLogprob } from '../../types/chunk.ts'
import type { Frames } from './frames.ts'
import type { ItemStatus, OutputItem } from './response.ts'

/** An item that the client is being sent. One is open at a time. */
export interface OpenItem {
  /** The frames of its end. Called once. */
  end(status: ItemStatus): string
  /** The item as it is in the whole response. Complete once it has ended. */
  item(status: ItemStatus): OutputItem
}

export interface ItemPlace {
  readonly id: string
  readonly output_index: number
}

// --------------------------------------------------------------------------------------------------------------- messages

export interface MessageItem extends OpenItem {
  begin(): string
  text(text: string, logprobs: readonly TokenLogprob[] | undefined): string
  annotation(annotation: Annotation): string
  refusal(text: string): string
}

interface TextPart {
  type: 'output_text'
  text: string
  annotations: object[]
  logprobs: TokenLogprob[]
}
interface RefusalPart {
  type: 'refusal'
  refusal: string
}
type OutputPart = TextPart | RefusalPart

/** What is open of a message: one part at a time. */
interface OpenPart {
  readonly part: OutputPart
  readonly place: { item_id: string; output_index: number; content_index: number }
  readonly delta: (text: string) => string
}

/** `textBefore` is how many characters of text the answer has before this message: annotations count from its beginning. */
export function messageItem(frames: Frames, { id, output_index }: ItemPlace, textBefore: number): MessageItem {
  const parts: OutputPart[] = []
  let open: OpenPart | undefined
  let earlierText = textBefore

  const item = (status: ItemStatus) => ({ id, type: 'message', status, role: 'assistant', content: parts })

  const openPart = (part: OutputPart): { begun: string; to: OpenPart } => {
    const ended = endPart()
    const place = { item_id: id, output_index, content_index: parts.length }
    const delta =
      part.type === 'output_text'
        ? frames.repeated('response.output_text.delta', place, 'delta', { logprobs: [] })
        : frames.repeated('response.refusal.delta', place, 'delta', {})
    const to = { part, place, delta }
    open = to
    parts.push(part)
    return { begun: ended + frames.event('response.content_part.added', { ...place, part }), to }
  }
  const endPart = (): string => {
    if (open === undefined) return ''
    const { part, place } = open
    open = undefined
    const done =
      part.type === 'output_text'
        ? frames.event('response.output_text.done', { ...place, text: part.text, logprobs: part.logprobs })
        : frames.event('response.refusal.done', { ...place, refusal: part.refusal })
    if (part.type === 'output_text') earlierText += part.text.length
    return done + frames.event('response.content_part.done', { ...place, part })
  }
  const textPart = (): { begun: string; part: TextPart; to: OpenPart } => {
    if (open?.part.type === 'output_text') return { begun: '', part: open.part, to: open }
    const part: TextPart = { type: 'output_text', text: '', annotations: [], logprobs: [] }
    return { ...openPart(part), part }
  }
  const refusalPart = (): { begun: string; part: RefusalPart; to: OpenPart } => {
    if (open?.part.type === 'refusal') return { begun: '', part: open.part, to: open }
    const part: RefusalPart = { type: 'refusal', refusal: '' }
    return { ...openPart(part), part }
  }

  return {
    begin: () =>
      frames.event('response.output_item.added', { output_index, item: { ...item('in_progress'), content: [] } }),
    text(text, logprobs) {
      const { begun, part, to } = textPart()
      part.text += text
      if (logprobs === undefined) return begun + to.delta(text)
      part.logprobs.push(...logprobs)
      return begun + frames.event('response.output_text.delta', { ...to.place, delta: text, logprobs })
    },
    annotation({ url_citation: cited }) {
      const { begun, part, to } = textPart()
      const annotation = {
        type: 'url_citation',
        ...cited,
        start_index: Math.max(0, cited.start_index - earlierText),
        end_index: Math.max(0, cited.end_index - earlierText),
      }
      part.annotations.push(annotation)
      return (
        begun +
        frames.event('response.output_text.annotation.added', {
          ...to.place,
          annotation_index: part.annotations.length - 1,
          annotation,
        })
      )
    },
    refusal(text) {
      const { begun, part, to } = refusalPart()
      part.refusal += text
      return begun + to.delta(text)
    },
    end: (status) => endPart() + frames.event('response.output_item.done', { output_index, item: item(status) }),
    item,
  }
}

// -------------------------------------------------------------------------------------------------------------- reasoning

export interface ReasoningItem extends OpenItem {
  begin(): string
  text(text: string): string
  /** Before its end: what of it clients keep for us. */
  keep(encrypted: string): void
}

/** Reasoning as its summary, the one form that all clients show. Without any text the summary has no part. */
export function reasoningItem(frames: Frames, { id, output_index }: ItemPlace): ReasoningItem {
  const place = { item_id: id, output_index, summary_index: 0 }
  const delta = frames.repeated('response.reasoning_summary_text.delta', place, 'delta', {})
  let text = ''
  let encrypted: string | undefined

  const part = () => ({ type: 'summary_text', text })
  const item = (status: ItemStatus) => ({
    ...{ id, type: 'reasoning', summary: text === '' ? [] : [part()] },
    ...(encrypted !== undefined && { encrypted_content: encrypted }),
    ...(status === 'incomplete' && { status }),
  })

  return {
    begin: () =>
      frames.event('response.output_item.added', { output_index, item: { id, type: 'reasoning', summary: [] } }),
    text(more) {
      const begun = text === '' ? frames.event('response.reasoning_summary_part.added', { ...place, part: part() }) : ''
      text += more
      return begun + delta(more)
    },
    keep(packed) {
      encrypted = packed
    },
    end(status) {
      const ended =
        text === ''
          ? ''
          : frames.event('response.reasoning_summary_text.done', { ...place, text }) +
            frames.event('response.reasoning_summary_part.done', { ...place, part: part() })
      return ended + frames.event('response.output_item.done', { output_index, item: item(status) })
    },
    item,
  }
}
