import assert from 'node:assert/strict'
import { targetModel } from '../../../lib/middleware/routing/target-model.ts'

type Target = Parameters<typeof targetModel>[0]

const to = (name: string, settings: Partial<Target['settings']> = {}, more: Partial<Target> = {}): Target => ({
  provider: { name },
  customHost: undefined,
  fields: {},
  settings: { overrideParams: {}, models: {}, equivalentModels: true, ...settings },
  ...more,
})

describe('the model of a target', () => {
  const table: [why: string, target: Target, asked: string, isFallback: boolean, model: string | undefined][] = [
    ['as the client says', to('anthropic'), 'gpt-4o', false, 'gpt-4o'],
    ['of its own family', to('anthropic'), 'claude-opus-5', true, 'claude-opus-5'],
    ['an equivalent in a fallback', to('anthropic'), 'gpt-4o', true, 'claude-sonnet-5'],
    ['a small equivalent in a fallback', to('anthropic'), 'gpt-4o-mini', true, 'claude-haiku-4-5'],
    ['none where there is no equivalent', to('anthropic'), 'whisper-1', true, undefined],
    ['as it is with equivalents off', to('anthropic', { equivalentModels: false }), 'gpt-4o', true, 'gpt-4o'],
    ['by override_params', to('anthropic', { overrideParams: { model: 'm' } }), 'gpt-4o', true, 'm'],
    ['by its map', to('anthropic', { models: { 'gpt-4o': 'm' } }), 'gpt-4o', false, 'm'],
    ['by the rest of its map', to('anthropic', { models: { '*': 'm' } }), 'gpt-4o', true, 'm'],
    ['as it is on a host of its own', to('openai', {}, { customHost: 'http://a' }), 'claude', true, 'claude'],
    ['as it is in a deployment', to('azure-openai', {}, { fields: { deployment_id: 'd' } }), 'claude', true, 'claude'],
    ['left to the config', to('anthropic'), '', true, ''],
  ]
  for (const [why, target, asked, isFallback, model] of table) {
    it(`is ${why}`, () => assert.equal(targetModel(target, asked, isFallback), model))
  }
})
