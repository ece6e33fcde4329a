import assert from 'node:assert/strict'
import { RequestError } from '../../lib/errors.ts'
import { providers } from '../../lib/providers/index.ts'
import type { Endpoint } from '../../lib/types/provider.ts'
import { endpoint } from '../helpers/openai-family.ts'

const REQUEST = { model: 'm', input: ['a'], dimensions: 8, encoding_format: 'base64', user: 'u' }

function sent(name: string, request: typeof REQUEST | object = REQUEST, to: Partial<Endpoint> = {}) {
  const encoded = providers[name]?.embeddings?.({ ...REQUEST, dimensions: undefined, ...request }, endpoint(to))
  assert.ok(encoded)
  const { url, headers, body, dropped } = encoded
  return { url: url.href, headers, body: JSON.parse(body), dropped }
}

describe('embeddings', () => {
  it('are asked of OpenAI as they are', () => {
    const { url, headers, body, dropped } = sent('openai', REQUEST, { fields: { openai_project: 'p' } })
    assert.equal(url, 'https://api.openai.com/v1/embeddings')
    assert.equal(headers.authorization, 'Bearer secret')
    assert.equal(headers['openai-project'], 'p')
    assert.deepEqual(body, REQUEST)
    assert.deepEqual(dropped, [])
  })

  const azure: [fields: Endpoint['fields'], customHost: string | undefined, url: string][] = [
    [{ resource_name: 'r', deployment_id: 'chat' }, undefined, 'https://r.openai.azure.com/openai/v1/embeddings'],
    [
      { resource_name: 'r', deployment_id: 'chat', api_version: '2024-10-21' },
      undefined,
      'https://r.openai.azure.com/openai/deployments/m/embeddings?api-version=2024-10-21',
    ],
    [{}, 'https://h/openai/v1', 'https://h/openai/v1/embeddings'],
  ]
  for (const [fields, customHost, url] of azure) {
    it(`are asked of Azure at ${url}, of the deployment that is the model`, () => {
      const request = sent('azure-openai', REQUEST, { fields, customHost })
      assert.equal(request.url, url)
      assert.equal(request.headers['api-key'], 'secret')
      assert.equal(request.body.model, 'm')
    })
  }

  it('are asked of Mistral by its names', () => {
    const { url, body, dropped } = sent('mistral-ai', REQUEST)
    assert.equal(url, 'https://api.mistral.ai/v1/embeddings')
    assert.deepEqual(body, { model: 'm', input: ['a'], output_dimension: 8 })
    assert.deepEqual(dropped, ['user'])
  })

  it('are asked of Together, which has one size of them', () => {
    const { url, body, dropped } = sent('together-ai', {})
    assert.equal(url, 'https://api.together.ai/v1/embeddings')
    assert.deepEqual(body, { model: 'm', input: ['a'] })
    assert.deepEqual(dropped, ['user'])
    assert.throws(
      () => sent('together-ai', REQUEST),
      (error) => error instanceof RequestError && error.api.param === 'dimensions',
    )
  })

  it('go to custom hosts, whose query stays', () => {
    const customHost = 'http://gpu:8000/v1?pool=a'
    assert.equal(sent('openai', {}, { customHost }).url, 'http://gpu:8000/v1/embeddings?pool=a')
    assert.equal(sent('mistral-ai', {}, { customHost }).url, 'http://gpu:8000/v1/embeddings?pool=a')
    assert.equal(sent('together-ai', {}, { customHost: 'http://gpu' }).url, 'http://gpu/v1/embeddings')
  })

  it('are not asked of others', () => {
    const without = Object.values(providers).filter(({ embeddings }) => embeddings === undefined)
    assert.deepEqual(without.map(({ name }) => name).sort(), [
      ...['anthropic', 'bedrock', 'cohere', 'google', 'groq', 'vertex-ai'],
    ])
  })
})
