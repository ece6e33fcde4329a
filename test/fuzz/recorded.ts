import { read } from '../corpus/oracle/index.ts'
import { bytesOf, type Recording, streams } from '../corpus/recordings.ts'
import { contentTypeOf, modelOf, systemOf, targetOf } from '../corpus/systems.ts'
import type { Answer } from './answers.ts'

/** A stream that a provider really sent, and what it says. */
export interface Recorded {
  file: string
  /** As `cohere v1`. */
  system: string
  contentType: string
  body: Buffer
  answer: Answer
  /** The target for a server at this address. */
  target(url: string): Record<string, unknown>
  /** Whether so much of the body says all. */
  whole(part: Buffer): boolean
}

/**
 * Of those of the Responses API, which pass as they are to clients that speak it, the ones that a strict client of ours does not
 * read: without numbers, with other ids, with the work of tools. test/corpus/responses-native.test.ts has them all.
 */
const ODD =
  /^(no_sequence|sequence_gap|item_id_rotates|reasoning_text|encrypted_reasoning|first:|item:(?!message$|reasoning$|function_call$))/

/** Longer ones, in bytes, tell nothing new and take their time. */
const LONGEST = 12_000

/** Whole answers of text and calls; none where the recordings are not at hand. */
export const recordings: readonly Recorded[] = streams.flatMap((recording) => recordedOf(recording) ?? [])

function recordedOf(recording: Recording): Recorded | undefined {
  if (recording.bytes > LONGEST || recording.scenarios.some((scenario) => ODD.test(scenario))) return undefined
  const body = bytesOf(recording)
  const { whole, choices } = read(recording, body)
  const [choice] = choices.values()
  if (!whole || choice === undefined || choices.size > 1 || choice.refusal !== '') return undefined
  const { text, reasoning, finish } = choice
  const calls = choice.calls.map(({ name, json }) => ({ name, arguments: json === 'null' ? '{}' : json || '{}' }))
  if (finish === 'length' && calls.length > 0) return undefined
  // An empty answer is a failed one.
  if (text === '' && calls.length === 0) return undefined
  if (finish !== 'stop' && finish !== 'length' && finish !== 'tool_calls') return undefined
  return {
    file: recording.file,
    system: systemOf(recording),
    contentType: contentTypeOf(recording) ?? 'text/event-stream',
    body,
    answer: { text, reasoning, calls, finish, seams: [] },
    target: (url) => ({ ...targetOf(recording, url), override_params: { model: modelOf(recording) } }),
    whole: (part) => read(recording, part).whole,
  }
}
