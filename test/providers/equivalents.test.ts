import assert from 'node:assert/strict'
import { equivalentOf, equivalentsOf, mayKnow } from '../../lib/providers/equivalents.ts'
import { providers } from '../../lib/providers/index.ts'

const KNOWN: Record<string, string[]> = {
  openai: ['gpt-4o', 'gpt-5.4', 'o3-mini', 'chatgpt-4o-latest', 'ft:gpt-4o:acme', 'codex-mini-latest'],
  anthropic: ['claude-sonnet-5', 'claude-3-haiku-20240307'],
  google: ['gemini-3.8-flash', 'models/gemini-2.5-pro', 'gemma-3-27b-it'],
  'vertex-ai': [
    'gemini-2.5-pro',
    'claude-sonnet-5',
    'publishers/anthropic/models/claude-sonnet-5',
    'meta/llama-3.3-70b',
  ],
  cohere: ['command-a-03-2025', 'c4ai-aya-expanse-32b'],
  bedrock: [
    ...[
      'anthropic.claude-sonnet-4-5-20250929-v1:0',
      'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
      'amazon.nova-pro-v1:0',
    ],
    'arn:aws:bedrock:us-east-1:1:application-inference-profile/x',
  ],
  groq: ['llama-3.3-70b-versatile', 'openai/gpt-oss-120b', 'qwen/qwen3-32b', 'compound-beta'],
  'together-ai': ['meta-llama/Llama-3.3-70B-Instruct-Turbo', 'openai/gpt-oss-20b'],
  'mistral-ai': ['mistral-large-latest', 'codestral-2508', 'open-mistral-nemo', 'ministral-8b-latest'],
}
/** A large and a small model of two families, and who can know them. */
const FOREIGN: [model: string, except: string[], small: boolean][] = [
  ['gpt-4o', ['openai', 'azure-openai'], false],
  ['gpt-4o-mini', ['openai', 'azure-openai'], true],
  ['claude-sonnet-5', ['anthropic', 'vertex-ai', 'azure-openai'], false],
  ['gemini-2.5-flash', ['google', 'vertex-ai', 'azure-openai'], true],
]

describe('models by their names', () => {
  for (const [provider, models] of Object.entries(KNOWN)) {
    for (const model of models) it(`${provider} may know ${model}`, () => assert.equal(mayKnow(provider, model), true))
    it(`${provider} knows its equivalents itself`, () => {
      for (const model of equivalentsOf(provider) ?? []) assert.equal(mayKnow(provider, model), true)
    })
  }

  for (const [model, except, small] of FOREIGN) {
    for (const provider of Object.keys(providers)) {
      const knows = except.includes(provider)
      it(`${provider} ${knows ? 'may know' : 'cannot know'} ${model}`, () => {
        assert.equal(mayKnow(provider, model), knows)
        if (!knows) assert.equal(equivalentOf(provider, model), equivalentsOf(provider)?.at(small ? -1 : 0))
      })
    }
  }

  it('of a provider of the application are its own affair', () => {
    assert.deepEqual([mayKnow('mine', 'gpt-4o'), equivalentOf('mine', 'gpt-4o')], [true, undefined])
  })

  it('that do not chat have no equivalent', () => {
    for (const model of ['text-embedding-3-large', 'whisper-1', 'gpt-4o-audio-preview', 'o3-deep-research']) {
      assert.equal(equivalentOf('anthropic', model), undefined)
    }
  })
})
