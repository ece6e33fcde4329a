import assert from 'node:assert/strict'
import { RequestError } from '../../lib/errors.ts'
import { azureOpenai } from '../../lib/providers/azure-openai.ts'
import type { ProviderFields } from '../../lib/types/provider.ts'
import { ask, endpoint, send } from '../helpers/openai-family.ts'
import { describeRecordings } from '../helpers/openai-recordings.ts'

const resource_name = 'res'
const dated = '2024-10-21'

describe('azure-openai: addresses', () => {
  const cases: [string, ProviderFields, string | undefined, string][] = [
    [
      'a dated version takes the deployments path',
      { resource_name, deployment_id: 'dep', api_version: dated },
      undefined,
      'https://res.openai.azure.com/openai/deployments/dep/chat/completions?api-version=2024-10-21',
    ],
    [
      'the deployment is the model if none is set',
      { resource_name, api_version: dated },
      undefined,
      'https://res.openai.azure.com/openai/deployments/some-model/chat/completions?api-version=2024-10-21',
    ],
    [
      'a deployment is encoded',
      { resource_name, deployment_id: 'a/../b ?x#y', api_version: dated },
      undefined,
      'https://res.openai.azure.com/openai/deployments/a%2F..%2Fb%20%3Fx%23y/chat/completions?api-version=2024-10-21',
    ],
    [
      'no version takes the v1 path',
      { resource_name, deployment_id: 'dep' },
      undefined,
      'https://res.openai.azure.com/openai/v1/chat/completions',
    ],
    [
      'so does v1',
      { resource_name, api_version: 'v1' },
      undefined,
      'https://res.openai.azure.com/openai/v1/chat/completions?api-version=v1',
    ],
    [
      'so does preview',
      { resource_name, api_version: 'preview' },
      undefined,
      'https://res.openai.azure.com/openai/v1/chat/completions?api-version=preview',
    ],
    [
      'a custom host ends in /openai',
      { deployment_id: 'dep', api_version: dated },
      'https://gw.example/openai',
      'https://gw.example/openai/deployments/dep/chat/completions?api-version=2024-10-21',
    ],
    ['or goes to v1 below it', {}, 'https://gw.example/openai', 'https://gw.example/openai/v1/chat/completions'],
    [
      'or ends in /v1, which knows no dates',
      { api_version: dated },
      'https://res.services.ai.azure.com/openai/v1',
      'https://res.services.ai.azure.com/openai/v1/chat/completions',
    ],
  ]
  for (const [name, fields, customHost, url] of cases) {
    it(name, () => assert.equal(send(azureOpenai, ask(), endpoint({ fields, customHost })).url, url))
  }

  for (const resource of [undefined, '', 'evil.example/', 'a@b', 'a b', '-a']) {
    it(`refuse the resource ${resource}`, () => {
      const fields: ProviderFields = resource === undefined ? {} : { resource_name: resource }
      assert.throws(() => send(azureOpenai, ask(), endpoint({ fields })), RequestError)
    })
  }
  for (const deployment of ['..', '.', '\ud800']) {
    it(`refuse the deployment ${JSON.stringify(deployment)}`, () => {
      const fields = { resource_name, api_version: dated }
      assert.throws(() => send(azureOpenai, ask({ model: deployment }), endpoint({ fields })), RequestError)
    })
  }
})

describe('azure-openai: keys', () => {
  const headersFor = (fields: ProviderFields, apiKey: string | undefined = 'secret') => {
    const { headers } = send(azureOpenai, ask(), { ...endpoint({ fields: { resource_name, ...fields } }), apiKey })
    const { accept, 'content-type': type, ...rest } = headers
    return rest
  }
  it('go into api-key', () => assert.deepEqual(headersFor({}), { 'api-key': 'secret' }))
  it('give way to an Entra token', () => {
    assert.deepEqual(headersFor({ azure_ad_token: 'token' }), { authorization: 'Bearer token' })
  })
  it('may be missing', () => {
    const to = { ...endpoint({ fields: { resource_name } }), apiKey: undefined }
    assert(!('api-key' in send(azureOpenai, ask(), to).headers))
  })
})

describe('azure-openai: bodies', () => {
  const bodyFor = (fields: ProviderFields, request = {}) =>
    send(
      azureOpenai,
      ask({ max_tokens: 5, temperature: 1, ...request }),
      endpoint({ fields: { resource_name, ...fields } }),
    ).body

  it('name the deployment as the model', () => {
    assert.equal(bodyFor({ deployment_id: 'dep' }).model, 'dep')
    assert.equal(bodyFor({}).model, 'some-model')
  })

  it('follow the rules of the model behind the deployment', () => {
    const { temperature, max_tokens, max_completion_tokens } = bodyFor({ deployment_id: 'gpt-4o', base_model: 'gpt-5' })
    assert.deepEqual([temperature, max_tokens, max_completion_tokens], [undefined, undefined, 5])
    assert.equal(bodyFor({ deployment_id: 'gpt-5', base_model: 'gpt-4o' }).max_tokens, 5)
    assert.equal(bodyFor({ deployment_id: 'dep' }, { model: 'o1' }).max_completion_tokens, 5)
  })

  it('ask for usage where the version knows it', () => {
    assert.deepEqual(bodyFor({}).stream_options, { include_usage: true })
    assert.deepEqual(bodyFor({ api_version: dated }).stream_options, { include_usage: true })
    assert.equal(bodyFor({ api_version: '2024-06-01' }).stream_options, undefined)
  })

  it('keep the role developer and fields of Azure, and drop web search', () => {
    const messages = [{ role: 'developer' as const, content: 'x' }]
    const body = bodyFor({}, { messages, data_sources: [1], web_search_options: {} })
    assert.deepEqual(body.messages, messages)
    assert.deepEqual(body.data_sources, [1])
    assert(!('web_search_options' in body))
  })
})

describeRecordings(azureOpenai, 'azure')
