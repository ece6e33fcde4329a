import { randomUUID } from 'node:crypto'
import type { ChunkDelta, Logprobs } from '../../types/chunk.ts'
import { type Call, writtenCall } from './calls.ts'
import type { Frames } from './frames.ts'
import {
  type ItemEvent,
  type ItemPlace,
  type MessageItem,
  messageItem,
  type OpenItem,
  type ReasoningItem,
  reasoningItem,
} from './open-items.ts'
import type { ItemStatus, OutputItem } from './response.ts'
import { packStates } from './state.ts'
import type { ToolOrigin } from './tools.ts'

/** The items of one answer: what has ended, and the one that is open. The frames that its methods give are to be sent. */
export interface AnswerItems {
  /** Of the response, which its items' ids begin like. */
  readonly id: string
  /** Those that have ended. */
  readonly output: readonly OutputItem[]
  /** Reasoning, text, refusal and citations; an item ends when another kind begins. */
  add(delta: ChunkDelta, logprobs: Logprobs | null): string
  /** The state of calls to come, in a thought. */
  keep(states: ReadonlyMap<string, string>): string
  /** Ends what is open. */
  close(status: ItemStatus): string
  call(call: Call, origin: ToolOrigin, cut: boolean): string
  /** The place of the next item. */
  next(): number
  /** The id of an item of ours; `prefix` says its kind. */
  idAt(prefix: string, place: number): string
  /** Takes in an event of the provider's own. */
  follow(event: ItemEvent): void
}

type Open =
  | { kind: 'message'; item: MessageItem }
  | { kind: 'reasoning'; item: ReasoningItem }
  | { kind: 'other'; item: OpenItem | undefined }

export function answerItems(out: Frames, options: { logprobs: boolean; encrypted: boolean }): AnswerItems {
  const base = randomUUID().replaceAll('-', '')
  const output: OutputItem[] = []
  let open: Open | undefined
  /** The place of the next item. A provider's own items need not lie close. */
  let next = 0
  /** Characters of text in the messages that have ended, and in the open one. */
  let text = 0
  let openText = 0

  const idAt = (prefix: string, at: number): string => `${prefix}${base}${at.toString(16).padStart(4, '0')}`
  const place = (prefix: string): ItemPlace => {
    const output_index = next
    next += 1
    return { id: idAt(prefix, output_index), output_index }
  }
  const settle = () => {
    text += openText
    openText = 0
    open = undefined
  }
  const close = (status: ItemStatus): string => {
    const item = open?.item
    settle()
    if (item === undefined) return ''
    const ended = item.end(status)
    output.push(item.item(status))
    return ended
  }
  const message = (): { begun: string; item: MessageItem } => {
    if (open?.kind === 'message') return { begun: '', item: open.item }
    const closed = close('completed')
    const item = messageItem(out, place('msg_'), text)
    open = { kind: 'message', item }
    return { begun: closed + item.begin(), item }
  }
  const reasoning = (): { begun: string; item: ReasoningItem } => {
    if (open?.kind === 'reasoning') return { begun: '', item: open.item }
    const closed = close('completed')
    const item = reasoningItem(out, place('rs_'))
    if (options.encrypted) item.keep(packStates(new Map()))
    open = { kind: 'reasoning', item }
    return { begun: closed + item.begin(), item }
  }
  const inMessage = (write: (item: MessageItem) => string): string => {
    const { begun, item } = message()
    return begun + write(item)
  }
  const followed = ({ id, type }: OutputItem, output_index: number): Open => {
    const at = { id, output_index }
    next = output_index + 1
    if (type === 'message') return { kind: 'message', item: messageItem(out, at, text) }
    return type === 'reasoning'
      ? { kind: 'reasoning', item: reasoningItem(out, at) }
      : { kind: 'other', item: undefined }
  }

  return {
    id: `resp_${base}`,
    output,
    add({ reasoning_content: thought, content, refusal, annotations = [] }, logprobs) {
      let written = ''
      if (thought) {
        const { begun, item } = reasoning()
        written += begun + item.text(thought)
      }
      if (content) {
        written += inMessage((item) => item.text(content, (options.logprobs && logprobs?.content) || undefined))
        openText += content.length
      }
      if (refusal) written += inMessage((item) => item.refusal(refusal))
      for (const annotation of annotations) written += inMessage((item) => item.annotation(annotation))
      return written
    },
    keep(states) {
      const { begun, item } = reasoning()
      item.keep(packStates(states))
      return begun
    },
    close,
    next: () => next,
    idAt,
    call(call, origin, cut) {
      const { frames, item } = writtenCall(out, place(''), call, origin, cut)
      output.push(item)
      return frames
    },
    follow(event) {
      const { type, item, output_index: index = next } = event
      if (type === 'response.output_item.added' && item !== undefined) open = followed(item, index)
      else if (type === 'response.output_item.done' && item !== undefined) {
        settle()
        output.push(item)
      } else open?.item?.follow(event)
    },
  }
}
