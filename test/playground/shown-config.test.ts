import assert from 'node:assert/strict'
import { fillIn } from '../../lib/cli/config-file.ts'
import { MODELS } from '../../lib/cli/playground/choices.ts'
import { OWN_TARGETS } from '../../lib/cli/playground/own-targets.ts'
import { shownConfig } from '../../lib/cli/playground/shown-config.ts'
import { parseConfig } from '../../lib/config.ts'

describe('what the playground shows of a config', () => {
  it('is its shape: strategy, targets, models, deadlines', () => {
    const config = {
      $schema: './gateway.schema.json',
      strategy: { mode: 'hedge', delay: 500 },
      retry: { attempts: 1, on_status_codes: [429] },
      mid_stream: ['continue', 'restart'],
      targets: [{ name: 'a', provider: 'openai', models: { '*': 'gpt-5.4' }, override_params: { model: 'm' } }],
    }
    const { $schema, ...shown } = config
    assert.deepEqual(shownConfig(config), shown)
  })

  it('has dots for all that may be secret', () => {
    const config = {
      metadata: { customer: 'secret' },
      strategy: { mode: 'conditional', conditions: [{ query: { 'metadata.token': 'secret' } }] },
      targets: [
        {
          name: 'a',
          provider: 'bedrock',
          api_key: 'secret',
          api_keys: ['secret'],
          custom_host: 'https://user:secret@host.example',
          aws_secret_access_key: 'secret',
          forward_headers: ['x-secret'],
          override_params: { model: 'm', user: 'secret', tools: [{ secret: 'secret' }] },
        },
      ],
    }
    assert.doesNotMatch(JSON.stringify(shownConfig(config)).replaceAll('aws_secret_access_key', ''), /secret(?!":"…")/)
  })

  it('has dots for each field that only one provider has', () => {
    const known = new Set(Object.values(OWN_TARGETS).flatMap(Object.keys))
    for (const key of known) {
      if (['provider', 'override_params'].includes(key)) continue
      assert.deepEqual(shownConfig({ [key]: 'secret' }), { [key]: '…' }, key)
    }
  })
})

describe('the targets that the playground shows for emulated providers', () => {
  for (const [provider, target] of Object.entries(OWN_TARGETS)) {
    it(`are right: ${provider}`, () => {
      const keys = Object.fromEntries((JSON.stringify(target).match(/(?<=\$)\w+/g) ?? []).map((name) => [name, 'key']))
      const { route } = parseConfig(fillIn(target, keys), {})
      assert.ok(route.kind === 'target')
      const { overrideParams } = route.settings
      assert.ok(Object.values({ ...overrideParams, ...route.fields }).includes(MODELS[provider as keyof typeof MODELS]))
    })
  }
})
