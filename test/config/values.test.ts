import assert from 'node:assert/strict'
import { unknown } from '../../lib/config/values.ts'
import { providers } from '../../lib/providers/index.ts'

describe('an unknown provider', () => {
  for (const [word, meant] of [
    ['gemini', 'google'],
    ['Claude', 'anthropic'],
    ['aws', 'bedrock'],
    ['azure', 'azure-openai'],
    ['gpt', 'openai'],
    ['mistral', 'mistral-ai'],
    ['vertex', 'vertex-ai'],
    ['together', 'together-ai'],
  ]) {
    it(`${word} is probably ${meant}`, () => {
      assert.match(unknown('provider', word, Object.keys(providers)), new RegExp(`; did you mean "${meant}"\\?$`))
    })
  }
  it('is left alone, if it looks like none', () => {
    assert.doesNotMatch(unknown('provider', 'deepseek', Object.keys(providers)), /did you mean/)
  })
})
