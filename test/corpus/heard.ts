import assert from 'node:assert/strict'
import type { Chunk, ChunkDelta, FinishReason, Usage } from '../../lib/types/chunk.ts'
import { type Choice, type Counts, newChoice, type Reading } from './oracle/reading.ts'

/** What a client makes of an answer: its choices and usage, joined from all of its pieces. */
export type Heard = Pick<Reading, 'choices' | 'usage'>

export interface Completion {
  choices: { index: number; message: ChunkDelta; finish_reason: FinishReason | null }[]
  usage?: Usage | null
}

export function heardInStream({ frames }: { frames: readonly Pick<Chunk, 'choices' | 'usage'>[] }): Heard {
  const heard: Heard = { choices: new Map(), usage: undefined }
  for (const { choices = [], usage } of frames) {
    for (const { index, delta, finish_reason } of choices) hear(heard, index, delta, finish_reason)
    if (usage) heard.usage = counts(usage)
  }
  return heard
}

export function heardAtOnce({ choices, usage }: Completion): Heard {
  const heard: Heard = { choices: new Map(), usage: usage ? counts(usage) : undefined }
  for (const { index, message, finish_reason } of choices) {
    const calls = message.tool_calls?.map((call, position) => ({ ...call, index: position }))
    hear(heard, index, { ...message, ...(calls && { tool_calls: calls }) }, finish_reason)
  }
  return heard
}

function hear(heard: Heard, index: number, delta: ChunkDelta, finish: string | null): void {
  const choice = heard.choices.get(index) ?? newChoice()
  heard.choices.set(index, choice)
  choice.text += delta.content ?? ''
  choice.reasoning += delta.reasoning_content ?? ''
  choice.refusal += delta.refusal ?? ''
  for (const { index: at, id, function: told } of delta.tool_calls ?? []) {
    choice.calls[at] ??= { id, name: told?.name ?? '', json: '' }
    const call = choice.calls[at]
    call.json += told?.arguments ?? ''
  }
  choice.finish = finish ?? choice.finish
}

function counts(usage: Usage): Counts {
  return {
    prompt: usage.prompt_tokens,
    completion: usage.completion_tokens,
    cached: usage.prompt_tokens_details?.cached_tokens,
    reasoning: usage.completion_tokens_details?.reasoning_tokens,
  }
}

/** The client heard what the provider said, no more and no less. */
export function assertHeard(heard: Heard, said: Reading): void {
  assert.deepEqual([...heard.choices.keys()].sort(), [...said.choices.keys()].sort(), 'the same choices')
  for (const [index, expected] of said.choices) {
    const actual = heard.choices.get(index) ?? newChoice()
    assertSaid(actual, expected)
    assert.equal(actual.finish, expected.finish, 'the finish reason')
    assertCalls(actual, expected)
  }
  assert.deepEqual(comparable(heard.usage), comparable(said.usage), 'the usage')
}

/** The words of one choice, of a broken answer as well. */
export function assertSaid(actual: Choice, expected: Choice): void {
  assert.equal(actual.text, expected.text, 'the text')
  assert.equal(actual.reasoning, expected.reasoning, 'the reasoning')
  assert.equal(actual.refusal, expected.refusal, 'the refusal')
}

function assertCalls(actual: Choice, expected: Choice): void {
  assert.deepEqual(
    actual.calls.map(({ name }) => name),
    expected.calls.map(({ name }) => name),
    'the tool calls by name',
  )
  for (const [at, { id, json }] of expected.calls.entries()) {
    const call = actual.calls[at]
    const none = json === '' || json === 'null'
    // An answer that ran out of tokens keeps the half call as it is.
    if (expected.finish === 'length') assert.equal(call?.json, json, 'the arguments of a cut call')
    else assert.deepEqual(JSON.parse(call?.json ?? ''), none ? {} : JSON.parse(json), 'the arguments')
    // What a provider wants back with a call travels behind its id.
    if (id !== undefined) assert.ok(call?.id?.startsWith(id), `the provider's id ${id}, not ${call?.id}`)
  }
  assert.equal(new Set(actual.calls.map(({ id }) => id)).size, actual.calls.length, 'ids differ')
}

function comparable(usage: Counts | undefined): Counts | undefined {
  return usage && { ...usage, cached: usage.cached ?? 0, reasoning: usage.reasoning ?? 0 }
}
