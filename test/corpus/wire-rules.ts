import assert from 'node:assert/strict'
import type { ChunkChoice, ChunkToolCall, Usage } from '../../lib/types/chunk.ts'
import type { Answer } from '../helpers/client.ts'
import { type Completion, heardAtOnce } from './heard.ts'

const FINISH_REASONS = new Set(['stop', 'length', 'tool_calls', 'content_filter', 'function_call'])

const CHUNK_KEYS = new Set([
  ...['id', 'object', 'created', 'model', 'choices', 'usage', 'service_tier', 'system_fingerprint'],
])
const CHOICE_KEYS = new Set(['index', 'delta', 'logprobs', 'finish_reason'])
const DELTA_KEYS = new Set([
  ...['role', 'content', 'reasoning_content', 'refusal', 'tool_calls', 'annotations', 'audio'],
])

type Frame = Answer['frames'][number]

/** All that strict clients need of a stream that is whole, for a client that asked for usage. */
export function assertWholeStream(answer: Answer): void {
  assertSse(answer)
  assert.ok(answer.done && answer.body.endsWith('\n\ndata: [DONE]\n\n'), '[DONE] is the last frame of a whole answer')
  assert.equal(answer.body.split('data: [DONE]').length, 2, '[DONE] comes once')
  const { frames } = answer
  assert.ok(
    frames.every(({ error }) => error === undefined),
    'a whole answer has no error frame',
  )
  assertEnvelopes(frames)
  assertUsage(frames)
  const indexes = new Set(frames.flatMap(({ choices }) => choices.map(({ index }) => index)))
  for (const index of indexes) {
    const choices = frames.flatMap((frame) => frame.choices.filter((choice) => choice.index === index))
    assertChoice(choices)
    assert.equal(
      choices.filter(({ finish_reason }) => finish_reason !== null).length,
      1,
      'each choice has one finish reason',
    )
    assert.notEqual(choices.at(-1)?.finish_reason, null, 'the finish reason comes after all content')
  }
}

/** A stream that was lost in the middle: an error frame ends it, and nothing in it could pass for the end of an answer. */
export function assertLostStream(answer: Answer): void {
  assertSse(answer)
  assert.ok(!answer.body.includes('data: [DONE]'), 'a lost answer has no [DONE]')
  assert.deepEqual(answer.finish, [], 'a lost answer has no finish reason')
  const last = answer.frames.at(-1)
  assertErrorEnvelope(last)
  assert.equal(answer.frames.filter(({ error }) => error).length, 1, 'the error frame comes once, and last')
  const chunks = answer.frames.slice(0, -1)
  assertEnvelopes(chunks)
  assert.ok(
    chunks.every(({ usage }) => usage == null),
    'a lost answer has no usage',
  )
  const indexes = new Set(chunks.flatMap(({ choices }) => choices.map(({ index }) => index)))
  for (const index of indexes) {
    assertChoice(chunks.flatMap((frame) => frame.choices.filter((choice) => choice.index === index)))
  }
}

/** An answer that failed before its first content: HTTP tells it. */
export function assertHttpError(answer: Answer): void {
  assert.ok(answer.status >= 400 && answer.status <= 599, `HTTP tells a failure, not ${answer.status}`)
  assert.match(String(answer.headers['content-type']), /^application\/json/, 'an error is JSON')
  assertErrorEnvelope(JSON.parse(answer.body))
}

/** The answer to `stream: false`. */
export function assertWholeCompletion(answer: Answer): Completion {
  assert.equal(answer.status, 200, answer.body.slice(0, 300))
  assert.match(String(answer.headers['content-type']), /^application\/json/, 'a completion is JSON')
  const body = JSON.parse(answer.body) as Completion & Record<string, unknown>
  assert.equal(body.object, 'chat.completion', 'the object is named')
  assert.equal(typeof body.id, 'string', 'there is an id')
  assert.ok(Number.isInteger(body.created), '`created` is in whole seconds')
  assert.equal(typeof body.model, 'string', 'there is a model')
  for (const { message, finish_reason } of body.choices) {
    assert.equal(message.role, 'assistant', 'the message has its role')
    for (const key of ['content', 'refusal'] as const) {
      assert.ok(message[key] === null || typeof message[key] === 'string', `${key} is text or null`)
    }
    assert.ok(FINISH_REASONS.has(finish_reason ?? ''), `${finish_reason} is a finish reason`)
    for (const call of message.tool_calls ?? []) {
      assert.ok(call.id && call.type === 'function' && call.function?.name, 'a call has id, type and name')
      assert.equal(call.index, undefined, 'calls of a completion have no index')
    }
  }
  for (const { calls, finish } of heardAtOnce(body).choices.values()) assertFinishFits(finish, calls.length)
  if (body.usage) assertCounts(body.usage)
  return body
}

function assertSse({ status, headers, body, broken }: Answer): void {
  assert.equal(status, 200, body.slice(0, 300))
  assert.equal(headers['content-type'], 'text/event-stream; charset=utf-8', 'a stream has the type of SSE')
  assert.match(String(headers['cache-control']), /no-cache/, 'a stream is not cached')
  assert.equal(broken, false, 'the connection is ended, not broken')
  const lines = body.split('\n').filter((line) => line !== '')
  assert.ok(
    lines.every((line) => line.startsWith('data: ') || line.startsWith(': ')),
    'a stream is made of data and comments; no event names',
  )
}

function assertEnvelopes(frames: readonly Frame[]): void {
  const [first] = frames
  for (const frame of frames) {
    const { id, object, created, model } = frame
    assert.ok(typeof id === 'string' && id !== '', 'every chunk has an id')
    assert.equal(object, 'chat.completion.chunk', 'every chunk names its object')
    assert.ok(Number.isInteger(created), '`created` is in whole seconds')
    assert.equal(typeof model, 'string', 'every chunk has a model')
    assert.deepEqual(
      { id, created, model },
      { id: first?.id, created: first?.created, model: first?.model },
      'id, created and model are constant',
    )
    assert.ok(Array.isArray(frame.choices), 'every chunk has choices')
    assert.ok(frame.choices.length > 0 || frame.usage, 'choices are empty beside usage only')
    assertKnown(frame, CHUNK_KEYS, 'a chunk')
  }
}

function assertUsage(frames: readonly Frame[]): void {
  const told = frames.filter(({ usage }) => usage)
  assert.ok(
    frames.every((frame) => 'usage' in frame),
    'every chunk has the key `usage` for who asked for it',
  )
  assert.ok(told.length <= 1, 'usage comes once')
  const [last] = told
  if (last?.usage == null) return
  assert.equal(last, frames.at(-1), 'usage comes in the last chunk')
  assert.deepEqual(last.choices, [], 'the chunk with usage has no choices')
  assertCounts(last.usage)
}

function assertCounts(usage: Usage): void {
  const { prompt_tokens, completion_tokens, total_tokens, prompt_tokens_details, completion_tokens_details } = usage
  assert.equal(total_tokens, prompt_tokens + completion_tokens, 'the total is the sum of prompt and completion')
  const numbers = [prompt_tokens, completion_tokens, prompt_tokens_details, completion_tokens_details].flatMap((each) =>
    Object.values(typeof each === 'object' ? each : { each }),
  )
  assert.ok(
    numbers.every((each) => each === undefined || Number.isInteger(each)),
    'tokens are counted in whole numbers',
  )
}

function assertChoice(choices: readonly ChunkChoice[]): void {
  for (const choice of choices) {
    const { index, delta, logprobs, finish_reason } = choice
    assert.ok(Number.isInteger(index), 'a choice has an index')
    assert.ok(typeof delta === 'object' && delta !== null, 'a choice has a delta')
    assert.ok(
      logprobs === null || Array.isArray(logprobs.content) || Array.isArray(logprobs.refusal),
      'logprobs is null or an object with tokens',
    )
    assert.ok(finish_reason === null || FINISH_REASONS.has(finish_reason), `${finish_reason} is a finish reason`)
    assertKnown(choice, CHOICE_KEYS, 'a choice')
    assertKnown(delta, DELTA_KEYS, 'a delta')
  }
  const roles = choices.flatMap(({ delta }, at) => (delta.role === undefined ? [] : [[at, delta.role]]))
  assert.deepEqual(roles, [[0, 'assistant']], 'the role comes once, in the first delta')
  const calls = assertCallPieces(choices.flatMap(({ delta }) => delta.tool_calls ?? []))
  const finish = choices.find(({ finish_reason }) => finish_reason !== null)?.finish_reason
  if (finish) assertFinishFits(finish, calls)
}

function assertCallPieces(pieces: readonly ChunkToolCall[]): number {
  let calls = 0
  for (const piece of pieces) {
    assert.equal(typeof piece.function?.arguments, 'string', 'arguments are text')
    if (piece.index === calls) {
      calls += 1
      assert.ok(piece.id && piece.type === 'function' && piece.function?.name, 'the first piece has id, type and name')
    } else {
      assert.equal(piece.index, calls - 1, 'tool indexes are dense from 0, and calls do not interleave')
      assert.deepEqual(Object.keys(piece).sort(), ['function', 'index'], 'id and type come in the first piece only')
      assert.deepEqual(Object.keys(piece.function ?? {}), ['arguments'], 'the name comes in the first piece only')
    }
  }
  return calls
}

function assertFinishFits(finish: string | undefined, calls: number): void {
  if (calls > 0) assert.notEqual(finish, 'stop', 'an answer with calls does not end in `stop`')
  else assert.notEqual(finish, 'tool_calls', 'an answer without calls does not end in `tool_calls`')
}

function assertErrorEnvelope(body: unknown): void {
  const { error } = body as { error?: Record<string, unknown> }
  assert.deepEqual(Object.keys(error ?? {}).sort(), ['code', 'message', 'param', 'type'], 'an error has its four keys')
  for (const [key, value] of Object.entries(error ?? {})) {
    const nullable = key === 'param' || key === 'code'
    assert.ok(typeof value === 'string' ? value !== '' : nullable && value === null, `${key} is text`)
  }
}

function assertKnown(value: object, keys: ReadonlySet<string>, what: string): void {
  const unknown = Object.keys(value).filter((key) => !keys.has(key))
  assert.deepEqual(unknown, [], `${what} has only what OpenAI defines`)
}
