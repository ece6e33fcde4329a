import assert from 'node:assert/strict'
import { warningsOf } from '../../lib/config/warnings.ts'
import { parseConfig } from '../../lib/config.ts'

const openai = (more: object = {}) => ({ provider: 'openai', ...more })
const behind = (target: object) => ({ targets: [openai(), target] })

const CONFIGS: [name: string, config: object, warning: RegExp | undefined][] = [
  ['a lone target', openai(), undefined],
  [
    'a fallback without a model',
    behind({ provider: 'anthropic' }),
    /^targets\[1\]: names no model.* claude-sonnet-5 or /,
  ],
  ['one with equivalents off', behind({ provider: 'groq', equivalent_models: false }), /cannot know them/],
  ['one with a model', behind({ provider: 'groq', override_params: { model: 'm' } }), undefined],
  ['one with a map', behind({ provider: 'groq', models: { '*': 'm' } }), undefined],
  ['one with a host of its own', behind({ provider: 'groq', custom_host: 'https://a/v1' }), undefined],
  ['a deployment', behind({ provider: 'azure-openai', resource_name: 'r', deployment_id: 'd' }), undefined],
  ['a host that ends in what is appended', openai({ custom_host: 'https://a/v1/chat/completions' }), /appended anyway/],
  ['a host without a path', openai({ custom_host: 'https://a' }), /ends in \/v1/],
  ['a bare address of Azure', { provider: 'azure-openai', custom_host: 'https://r.openai.azure.com' }, undefined],
  ['a host without a path where none is needed', { provider: 'cohere', custom_host: 'https://a/' }, undefined],
  ['a version in front of another', { provider: 'cohere', custom_host: 'https://a/v2' }, /appended anyway/],
  ['no deadline', openai({ first_chunk_timeout: 0 }), /falls silent/],
  ['no deadline but one for all', openai({ first_chunk_timeout: 0, idle_timeout: 0, total_timeout: 5 }), undefined],
  ['no deadline but one for the attempt', openai({ idle_timeout: 0, request_timeout: 5 }), undefined],
]

describe('doubts about a config', () => {
  for (const [name, config, warning] of CONFIGS) {
    it(`with ${name}: ${warning ?? 'none'}`, () => {
      const warnings = warningsOf(parseConfig(config as never))
      assert.equal(warnings.length, warning === undefined ? 0 : 1)
      if (warning !== undefined) assert.match(warnings[0] ?? '', warning)
    })
  }
})
