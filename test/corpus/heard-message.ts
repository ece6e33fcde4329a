import assert from 'node:assert/strict'
import type { Message, MessagesAnswer } from '../helpers/messages.ts'
import type { Choice, Reading } from './oracle/reading.ts'

/** Anthropic's envelope, with a status that tells a failure. */
export function assertMessagesError({ status, body }: MessagesAnswer): void {
  assert.ok(status >= 400, `HTTP tells a failure, not ${status}`)
  const { type, error } = JSON.parse(body) as { type: string; error: { type: string; message: string } }
  assert.equal(type, 'error')
  assert.match(error.type, /_error$|^request_too_large$/)
  assert.notEqual(error.message, '')
}

const STOPS: Readonly<Record<string, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  content_filter: 'refusal',
}

/** The client has what the provider said, no more and no less. */
export function assertMessageHeard(heard: Message, said: Reading, choice: Choice | undefined): void {
  const texts = heard.content.map((block) => (block.type === 'text' ? block.text : '')).join('')
  const thoughts = heard.content.map((block) => (block.type === 'thinking' ? block.thinking : '')).join('')
  assert.equal(texts, (choice?.text ?? '') + (choice?.refusal ?? ''), 'the text')
  assert.equal(thoughts, choice?.reasoning ?? '', 'the reasoning')
  assert.equal(heard.stop_reason, choice?.refusal ? 'refusal' : STOPS[choice?.finish ?? ''], 'the stop reason')
  const calls = heard.content.flatMap((block) => (block.type === 'tool_use' ? [block] : []))
  assert.deepEqual(
    calls.map(({ name }) => name),
    choice?.calls.map(({ name }) => name) ?? [],
    'the calls by name',
  )
  for (const [at, { json }] of (choice?.calls ?? []).entries()) {
    if (choice?.finish === 'length') continue
    assert.deepEqual(calls[at]?.input, json === '' || json === 'null' ? {} : JSON.parse(json), 'the input')
  }
  if (said.usage === undefined) return
  const { prompt, completion, cached = 0, reasoning } = said.usage
  const { input_tokens, cache_read_input_tokens, cache_creation_input_tokens, output_tokens } = heard.usage
  assert.equal(input_tokens + (cache_read_input_tokens ?? 0) + (cache_creation_input_tokens ?? 0), prompt, 'the input')
  assert.equal(output_tokens, completion, 'the output')
  assert.equal(cache_read_input_tokens ?? 0, cached, 'the cached input')
  assert.equal(heard.usage.output_tokens_details?.thinking_tokens ?? 0, reasoning ?? 0, 'the thinking')
}
