import type { Annotation, TokenLogprob } from '../../types/chunk.ts'
import type { Frames } from './frames.ts'
import type { ItemStatus, OutputItem, ResponseObject } from './response.ts'

/** An item that the client is being sent. One is open at a time. */
export interface OpenItem {
  /** Takes in an event of the provider's own about this item, so that another attempt can go on with it. */
  follow(event: ItemEvent): void
  /** The frames of its end. Called once. */
  end(status: ItemStatus): string
  /** The item as it is in the whole response. Complete once it has ended. */
  item(status: ItemStatus): OutputItem
}

/** An event of the provider's own, as far as it is read here. Values of the wrong type are left out. */
export interface ItemEvent {
  readonly type: string
  readonly response: ResponseObject | undefined
  readonly item: OutputItem | undefined
  readonly part: Readonly<Record<string, unknown>> | undefined
  readonly delta: string
  readonly annotation: object | undefined
  readonly output_index: number | undefined
}

/** Reads an event, whose shape nobody vouches for. */
export function itemEvent(json: unknown): ItemEvent {
  const event = objectOr(json) ?? {}
  const { type, delta, output_index: index } = event
  return {
    type: typeof type === 'string' ? type : '',
    response: objectOr<ResponseObject>(event.response),
    item: objectOr<OutputItem>(event.item),
    part: objectOr(event.part),
    delta: typeof delta === 'string' ? delta : '',
    annotation: objectOr(event.annotation),
    output_index: Number.isSafeInteger(index) && (index as number) >= 0 ? (index as number) : undefined,
  }
}

function objectOr<T extends object = Record<string, unknown>>(value: unknown): T | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as T) : undefined
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

  const begun = (part: OutputPart): OpenPart => {
    const place = { item_id: id, output_index, content_index: parts.length }
    const delta =
      part.type === 'output_text'
        ? frames.repeated('response.output_text.delta', place, 'delta', { logprobs: [] })
        : frames.repeated('response.refusal.delta', place, 'delta', {})
    open = { part, place, delta }
    parts.push(part)
    return open
  }
  const openPart = (part: OutputPart): { begun: string; to: OpenPart } => {
    const ended = endPart()
    const to = begun(part)
    return { begun: ended + frames.event('response.content_part.added', { ...to.place, part }), to }
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
    follow({ type, part, delta, annotation }) {
      if (type === 'response.content_part.added') begun(partOf(part))
      else if (type === 'response.content_part.done') open = undefined
      else if (type === 'response.output_text.delta' && open?.part.type === 'output_text') open.part.text += delta
      else if (type === 'response.refusal.delta' && open?.part.type === 'refusal') open.part.refusal += delta
      else if (annotation !== undefined && open?.part.type === 'output_text') open.part.annotations.push(annotation)
    },
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

function partOf({ type, refusal = '', text = '' }: Readonly<Record<string, unknown>> = {}): OutputPart {
  if (type === 'refusal') return { type, refusal: String(refusal) }
  return { type: 'output_text', text: String(text), annotations: [], logprobs: [] }
}

// -------------------------------------------------------------------------------------------------------------- reasoning

export interface ReasoningItem extends OpenItem {
  begin(): string
  text(text: string): string
  /** Before its end: what of it clients keep for us. */
  keep(encrypted: string): void
}

/**
 * Reasoning as its summary, the one form that all clients show; that which a provider itself tells as content stays what it is.
 * Without any text the summary has no part.
 */
export function reasoningItem(frames: Frames, { id, output_index }: ItemPlace): ReasoningItem {
  const texts: string[] = []
  /** Texts of the provider's own events, and whether the last one is open. */
  const raw: string[] = []
  let rawOpen = false
  let encrypted: string | undefined
  /** Writes the deltas of the open part, which is the last one; undefined: none is open. */
  let delta: ((text: string) => string) | undefined

  const place = () => ({ item_id: id, output_index, summary_index: texts.length - 1 })
  const part = () => ({ type: 'summary_text', text: texts.at(-1) })
  const item = (status: ItemStatus) => ({
    ...{ id, type: 'reasoning', summary: texts.map((text) => ({ type: 'summary_text', text })) },
    ...(raw.length > 0 && { content: raw.map(rawPart) }),
    ...(encrypted !== undefined && { encrypted_content: encrypted }),
    ...(status === 'incomplete' && { status }),
  })
  const openPart = () => {
    texts.push('')
    delta = frames.repeated('response.reasoning_summary_text.delta', place(), 'delta', {})
  }
  const endRaw = (): string => {
    if (!rawOpen) return ''
    rawOpen = false
    const text = raw.at(-1) ?? ''
    const place = { item_id: id, output_index, content_index: raw.length - 1 }
    return (
      frames.event('response.reasoning_text.done', { ...place, text }) +
      frames.event('response.content_part.done', { ...place, part: rawPart(text) })
    )
  }
  const grow = (text: string) => {
    texts[texts.length - 1] += text
  }

  return {
    follow({ type, delta: text }) {
      if (type === 'response.reasoning_summary_part.added') openPart()
      else if (type === 'response.reasoning_summary_part.done') delta = undefined
      else if (type === 'response.reasoning_summary_text.delta' && delta !== undefined) grow(text)
      else if (type === 'response.content_part.added') rawOpen = raw.push('') > 0
      else if (type === 'response.content_part.done') rawOpen = false
      else if (type === 'response.reasoning_text.delta' && rawOpen) raw.push((raw.pop() ?? '') + text)
    },
    begin: () =>
      frames.event('response.output_item.added', { output_index, item: { id, type: 'reasoning', summary: [] } }),
    text(text) {
      let begun = endRaw()
      if (delta === undefined) {
        openPart()
        begun += frames.event('response.reasoning_summary_part.added', { ...place(), part: part() })
      }
      grow(text)
      return begun + (delta?.(text) ?? '')
    },
    keep(packed) {
      encrypted = packed
    },
    end(status) {
      const summary =
        delta === undefined
          ? ''
          : frames.event('response.reasoning_summary_text.done', { ...place(), text: texts.at(-1) }) +
            frames.event('response.reasoning_summary_part.done', { ...place(), part: part() })
      delta = undefined
      return endRaw() + summary + frames.event('response.output_item.done', { output_index, item: item(status) })
    },
    item,
  }
}

function rawPart(text: string) {
  return { type: 'reasoning_text', text }
}
