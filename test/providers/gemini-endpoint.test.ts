import assert from 'node:assert/strict'
import { RequestError } from '../../lib/errors.ts'
import { google } from '../../lib/providers/gemini.ts'
import { vertexAi } from '../../lib/providers/vertex-ai.ts'
import type { Endpoint } from '../../lib/types/provider.ts'
import { encode, type Json, refused, VERTEX } from '../helpers/gemini-request.ts'

describe('Gemini: where a request goes', () => {
  const STREAM = ':streamGenerateContent?alt=sse'
  const addresses: [
    name: string,
    provider: typeof google,
    model: string,
    at: Partial<Endpoint>,
    url: string,
    headers: Json,
  ][] = [
    [
      'AI Studio',
      google,
      'gemini-3-pro',
      {},
      `https://generativelanguage.googleapis.com/v1beta/models/gemini-3-pro${STREAM}`,
      { 'x-goog-api-key': 'key' },
    ],
    [
      'AI Studio without a key',
      google,
      'gemini-3-pro',
      { apiKey: undefined },
      `https://generativelanguage.googleapis.com/v1beta/models/gemini-3-pro${STREAM}`,
      {},
    ],
    [
      'a tuned model of AI Studio on a custom host',
      google,
      'tunedModels/mine',
      { customHost: 'http://localhost:1/base' },
      `http://localhost:1/base/v1beta/tunedModels/mine${STREAM}`,
      { 'x-goog-api-key': 'key' },
    ],
    [
      'a model name with signs that a path does not allow',
      google,
      'a?b#c d',
      {},
      `https://generativelanguage.googleapis.com/v1beta/models/a%3Fb%23c%20d${STREAM}`,
      { 'x-goog-api-key': 'key' },
    ],
    [
      'Vertex in a region',
      vertexAi,
      'gemini-3-pro',
      { fields: VERTEX },
      `https://us-central1-aiplatform.googleapis.com/v1beta1/projects/p/locations/us-central1/publishers/google/models/gemini-3-pro${STREAM}`,
      { authorization: 'Bearer key' },
    ],
    [
      'Vertex without a region, which is global',
      vertexAi,
      'models/gemini-3-pro',
      { fields: { vertex_project_id: 'p/q' } },
      `https://aiplatform.googleapis.com/v1beta1/projects/p%2Fq/locations/global/publishers/google/models/gemini-3-pro${STREAM}`,
      { authorization: 'Bearer key' },
    ],
    [
      'Vertex in a multi-region, with a publisher',
      vertexAi,
      'google/gemini-3-pro',
      { fields: { vertex_project_id: 'p', vertex_region: 'eu' } },
      `https://aiplatform.eu.rep.googleapis.com/v1beta1/projects/p/locations/eu/publishers/google/models/gemini-3-pro${STREAM}`,
      { authorization: 'Bearer key' },
    ],
    [
      'a tuned model of Vertex',
      vertexAi,
      'endpoints/123',
      { fields: VERTEX, apiKey: undefined },
      `https://us-central1-aiplatform.googleapis.com/v1beta1/projects/p/locations/us-central1/endpoints/123${STREAM}`,
      {},
    ],
    [
      'Vertex on a custom host',
      vertexAi,
      'gemini-3-pro',
      { fields: VERTEX, customHost: 'http://localhost:1' },
      `http://localhost:1/v1beta1/projects/p/locations/us-central1/publishers/google/models/gemini-3-pro${STREAM}`,
      { authorization: 'Bearer key' },
    ],
    [
      'Express mode, which has no project',
      vertexAi,
      'gemini-3-pro',
      {},
      `https://aiplatform.googleapis.com/v1/publishers/google/models/gemini-3-pro${STREAM}`,
      { 'x-goog-api-key': 'key' },
    ],
    [
      'Express mode, told by its key',
      vertexAi,
      'gemini-3-pro',
      { fields: VERTEX, apiKey: 'AQ.Ab8' },
      `https://aiplatform.googleapis.com/v1/publishers/google/models/gemini-3-pro${STREAM}`,
      { 'x-goog-api-key': 'AQ.Ab8' },
    ],
  ]
  for (const [name, provider, model, at, url, headers] of addresses) {
    it(`addresses ${name}`, () => {
      const request = encode({ model }, at, provider)
      assert.equal(request.url.href, url)
      assert.deepEqual(request.headers, { 'content-type': 'application/json', accept: 'text/event-stream', ...headers })
    })
  }

  it('refuses a model that leads out of its path', () => {
    for (const model of ['a/../../b', './a', '/a', 'a/', '']) {
      assert.throws(() => encode({ model }), refused('model'), model)
      assert.throws(() => encode({ model }, { fields: VERTEX }, vertexAi), refused('model'), model)
    }
  })

  it('refuses a region that is not one', () => {
    const fields = { vertex_project_id: 'p', vertex_region: 'evil.example/' }
    assert.throws(() => encode({}, { fields }, vertexAi), RequestError)
  })

  it('tells Vertex the service tier in a header', () => {
    const tier = (service_tier: string) =>
      encode({ service_tier }, { fields: VERTEX }, vertexAi).headers['x-vertex-ai-llm-shared-request-type']
    assert.deepEqual(['flex', 'priority', 'default', 'auto'].map(tier), ['flex', 'priority', undefined, undefined])
  })
})
