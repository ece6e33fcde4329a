import assert from 'node:assert/strict'
import { FIELDS as ALL_FIELDS, PROVIDERS } from '../../lib/config/schema.ts'
import { providers } from '../../lib/providers/index.ts'
import type { ChatRequest } from '../../lib/types/chat.ts'
import type { Endpoint, ProviderFields } from '../../lib/types/provider.ts'
import { noMedia } from '../helpers/endpoint.ts'

const MODELS = ['gpt-5', 'claude-sonnet-5', 'anthropic.claude-sonnet-4-5-20250929-v1:0']
const FIELDS: ProviderFields[] = [
  {},
  { aws_region: 'us-east-1', aws_access_key_id: 'a', aws_secret_access_key: 'b', bedrock_api: 'invoke' },
  { resource_name: 'r', deployment_id: 'd', api_version: 'v1', vertex_project_id: 'p' },
]

/** The fields a provider looks at while it makes a request. */
async function fieldsRead(name: string): Promise<Set<string>> {
  const read = new Set<string>()
  for (const model of MODELS) {
    for (const given of FIELDS) {
      for (const apiKey of ['key', undefined]) {
        const request: ChatRequest = { model, messages: [{ role: 'user', content: 'Hello' }] }
        const fields = new Proxy(given, {
          get(target, key, receiver) {
            read.add(String(key))
            return Reflect.get(target, key, receiver)
          },
        })
        const endpoint: Endpoint = { apiKey, customHost: undefined, fields, strict: true, fetchMedia: noMedia }
        // What it cannot encode does not matter, only where it looked.
        await Promise.resolve()
          .then(() => providers[name]?.encode(request, endpoint))
          .catch(() => undefined)
      }
    }
  }
  return read
}

describe('the fields of providers', () => {
  for (const name of Object.keys(providers)) {
    it(`has all that ${name} reads`, async () => {
      const listed = Object.entries(PROVIDERS).find(([provider]) => provider === name)?.[1]
      assert.ok(listed, `${name} is in PROVIDERS`)
      const missing = [...(await fieldsRead(name))].filter((field) => !Object.hasOwn(listed, field))
      assert.deepEqual(missing, [])
    })
  }

  it('has each field for some provider', () => {
    const listed = new Set(Object.values(PROVIDERS).flatMap((fields) => Object.keys(fields)))
    assert.deepEqual(
      Object.keys(ALL_FIELDS).filter((field) => !listed.has(field)),
      [],
    )
  })
})
