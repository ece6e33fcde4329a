import type { ChatRequest, Message, ToolCall, ToolMessage, UserMessage } from '../types/chat.ts'
import type { Note } from './adjustments.ts'
import { textOf } from './content.ts'

/** A call of the history with the results that name it. */
interface Answered {
  call: ToolCall
  results: ToolMessage[]
}

/** A turn of the assistant's with its calls; whatever came between the calls and their results now comes after them. */
interface Step {
  message: Extract<Message, { role: 'assistant' }>
  calls: Answered[]
}

/** The result of a call that nobody answered. */
const NO_RESULT = '(no result)'

/**
 * The messages with each call's result, and no other, right behind the turn that made it, in the order of the calls. Ids that
 * repeat are numbered, and their results go by their order. Results of a call that was answered before are joined; those of
 * no call become words of the user's.
 */
export function answeredCalls(
  messages: ChatRequest['messages'],
  callId: ((id: string) => string) | undefined,
  note: Note,
): readonly Message[] {
  if (!messages.some(isOfCall)) return messages
  const idFor = ownIds(callId)
  const open = openCalls()
  const entries: (Message | Step)[] = []

  for (const message of messages) {
    if (message.role === 'assistant' && message.tool_calls?.length) {
      const calls = message.tool_calls.map((call): Answered => {
        const { id, repeated } = idFor(call.id)
        if (repeated) note('call-ids')
        return { call: id === call.id ? call : { ...call, id }, results: [] }
      })
      const step = { message, calls }
      open.add(message.tool_calls, step)
      entries.push(step)
    } else if (message.role === 'tool') {
      const found = open.find(message.tool_call_id)
      if (found === undefined) {
        note('unknown-results')
        entries.push(...asUser(message))
        continue
      }
      if (found.answered.results.length > 0) note('repeated-results')
      if (found.step !== entries.at(-1)) note('moved-results')
      found.answered.results.push(message)
    } else {
      entries.push(message)
    }
  }
  return entries.flatMap((entry) => ('calls' in entry ? stepMessages(entry, note) : [entry]))
}

function isOfCall(message: Message): boolean {
  return message.role === 'tool' || (message.role === 'assistant' && Boolean(message.tool_calls?.length))
}

function stepMessages({ message, calls }: Step, note: Note): Message[] {
  const same = calls.every(({ call }, index) => call === message.tool_calls?.[index])
  const turn = same ? message : { ...message, tool_calls: calls.map(({ call }) => call) }
  return [turn, ...calls.map((each) => resultOf(each, note))]
}

function resultOf({ call: { id }, results }: Answered, note: Note): ToolMessage {
  const [first, ...more] = results
  if (first === undefined) {
    note('missing-results')
    return { role: 'tool', tool_call_id: id, content: NO_RESULT }
  }
  if (more.length === 0) return first.tool_call_id === id ? first : { ...first, tool_call_id: id }
  return { ...first, tool_call_id: id, content: results.flatMap(({ content }) => partsOf(content)) }
}

/** Nothing, of a result without a word. */
function asUser({ tool_call_id: id, content }: ToolMessage): UserMessage[] {
  const head = `Result of the tool call ${id}:`
  if (typeof content !== 'string' && content.some((part) => part.type !== 'text')) {
    return [{ role: 'user', content: [{ type: 'text', text: head }, ...content] }]
  }
  const text = textOf(content)
  return text.trim() === '' ? [] : [{ role: 'user', content: `${head}\n${text}` }]
}

function partsOf(content: ToolMessage['content']) {
  return typeof content === 'string' ? [{ type: 'text' as const, text: content }] : content
}

/**
 * The calls by their ids as the client gave them. A result belongs to the newest turn with such a call that has no result,
 * there to the first; if all have one, to the newest.
 */
function openCalls() {
  interface Candidate {
    step: Step
    answered: Answered
  }
  const turnsOf = new Map<string, { calls: Candidate[]; next: number }[]>()
  const newest = new Map<string, Candidate>()
  return {
    add(asked: readonly ToolCall[], step: Step) {
      for (const [index, answered] of step.calls.entries()) {
        const id = asked[index]?.id ?? ''
        const turns = turnsOf.get(id) ?? []
        turnsOf.set(id, turns)
        const turn = turns.at(-1)?.calls[0]?.step === step ? turns.at(-1) : undefined
        if (turn === undefined) turns.push({ calls: [{ step, answered }], next: 0 })
        else turn.calls.push({ step, answered })
        newest.set(id, { step, answered })
      }
    },
    find(id: string): Candidate | undefined {
      const turns = turnsOf.get(id)
      const turn = turns?.at(-1)
      const candidate = turn?.calls[turn.next]
      if (turn === undefined || candidate === undefined) return newest.get(id)
      turn.next += 1
      if (turn.next === turn.calls.length) turns?.pop()
      return candidate
    },
  }
}

/** Gives each call an id that no other has: the provider's form of its own, with a number if that is taken. */
function ownIds(callId: (id: string) => string = (id) => id): (id: string) => { id: string; repeated: boolean } {
  const taken = new Set<string>()
  /** The number that each id counts on from: thousands may be the same. */
  const numbers = new Map<string, number>()
  return (own) => {
    let number = numbers.get(own) ?? 2
    let id = callId(own)
    const repeated = taken.has(id)
    for (; taken.has(id); number += 1) id = callId(`${own}_${number}`)
    numbers.set(own, number)
    taken.add(id)
    return { id, repeated }
  }
}
