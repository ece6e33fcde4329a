import assert from 'node:assert/strict'
import { roomLeft } from '../../../lib/middleware/recovery/room-left.ts'
import { ask } from '../../helpers/openai-family.ts'

/** The words of vLLM's older and newer form, of OpenRouter, Together, Mistral, Anthropic: 2,000 tokens of prompt, 64,000 asked for. */
const FORMS = [
  "This model's maximum context length is 32768 tokens. However, you requested 66000 tokens (2000 in the messages, 64000 in the completion). Please reduce the length of the messages or completion.",
  "'max_tokens' or 'max_completion_tokens' is too large: 64000. This model's maximum context length is 32768 tokens and your request has 2000 input tokens (64000 > 32768 - 2000).",
  "This endpoint's maximum context length is 32768 tokens. However, you requested about 66000 tokens (2000 of text input, 64000 in the output).",
  'Input validation error: `inputs` tokens + `max_new_tokens` must be <= 32768. Given: 2000 `inputs` tokens and 64000 `max_new_tokens`',
  'Prompt contains 2000 tokens and 64000 draft tokens, too large for model with 32768 maximum context length',
  'input length and `max_tokens` exceed context limit: 2000 + 64000 > 32768, decrease input length or `max_tokens` and try again',
]

describe('the room that a conversation leaves for its answer', () => {
  for (const words of FORMS) {
    it(`is read from "${words.slice(0, 60)}"`, () => {
      assert.equal(roomLeft(words, ask({ max_completion_tokens: 64_000 })), 30_768)
      assert.equal(roomLeft(words, ask({ max_tokens: 64_000 })), 30_768)
    })
  }

  it('is no matter of numbers in names', () => {
    const words = `qwen3-32b, gpt-4.1: ${FORMS[0]}`
    assert.equal(roomLeft(words, ask({ max_tokens: 64_000 })), 30_768)
  })

  const form = (most: number, prompt: number, limit: number) => `${prompt} + ${limit} > ${most}`
  const none: [name: string, words: string, limit: number | undefined][] = [
    ['no limit was asked for', form(32_768, 2000, 64_000), undefined],
    ['the limit is not named', 'Prompt contains 33000 tokens, too large for model with 32768', 64_000],
    ['there is next to none', form(32_768, 32_000, 64_000), 64_000],
    ['there is more than was asked for', form(32_768, 2000, 5000), 5000],
    ['there are other numbers', `${form(32_768, 2000, 64_000)} (code 17)`, 64_000],
  ]
  for (const [name, words, limit] of none) {
    it(`is not known where ${name}`, () => {
      assert.equal(roomLeft(words, ask(limit === undefined ? {} : { max_tokens: limit })), undefined)
    })
  }
})
