import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { requestAttributes } from '../../lib/telemetry/attributes.ts'
import { ATTR, METRIC, providerName } from '../../lib/telemetry/names.ts'

/** As published, by way of the SDK that depends on them. */
const published = createRequire(import.meta.resolve('@opentelemetry/sdk-node'))(
  '@opentelemetry/semantic-conventions/incubating',
) as Record<string, unknown>
const valuesOf = (prefix: string) =>
  new Set(Object.entries(published).flatMap(([name, value]) => (name.startsWith(prefix) ? [value] : [])))

describe('the names of telemetry', () => {
  it("are the semantic conventions' where they are not our own", () => {
    const attributes = valuesOf('ATTR_')
    for (const name of Object.values(ATTR)) assert.ok(attributes.has(name), name)
    const metrics = valuesOf('METRIC_')
    for (const name of Object.values(METRIC)) assert.ok(name.startsWith('streamgate.') || metrics.has(name), name)
    const parameters = { max_tokens: 1, temperature: 1, top_p: 1, top_k: 1, seed: 1 }
    const told = requestAttributes({
      ...{ model: 'm', messages: [], presence_penalty: 1, frequency_penalty: 1 },
      ...parameters,
    })
    assert.equal(Object.keys(told).length, 7)
    for (const name of Object.keys(told)) assert.ok(attributes.has(name), name)
  })

  it('all stand in the documentation', () => {
    const page = readFileSync(new URL('../../docs/telemetry.md', import.meta.url), 'utf8')
    for (const name of Object.values(METRIC)) assert.ok(page.includes(`\`${name}\``), name)
  })

  it('call each provider what the conventions call it', () => {
    const known = valuesOf('GEN_AI_PROVIDER_NAME_VALUE_')
    const ours = [
      'openai',
      'anthropic',
      'azure-openai',
      'google',
      'vertex-ai',
      'cohere',
      'bedrock',
      'groq',
      'mistral-ai',
    ]
    for (const name of ours) assert.ok(known.has(providerName(name)), name)
    assert.equal(providerName('together-ai'), 'together_ai')
    assert.equal(providerName('constructor'), 'constructor')
  })
})
