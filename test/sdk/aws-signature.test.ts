import assert from 'node:assert/strict'
import { mock } from 'node:test'
import { ConverseStreamCommand, InvokeModelWithResponseStreamCommand } from '@aws-sdk/client-bedrock-runtime'
import { signedHeaders } from '../../lib/providers/bedrock/sign.ts'
import { chat } from '../helpers/client.ts'
import { cleanup, gateway } from '../helpers/gateway.ts'
import { type Scripted, scripted } from '../helpers/upstream.ts'
import { bedrockClient, CREDENTIALS } from './aws.ts'
import { bedrock, bedrockInvoke } from './systems/bedrock.ts'
import { reply } from './systems/system.ts'

const CLAUDE = 'anthropic.claude-sonnet-4-5-20250929-v1:0'
const MODELS = {
  'a foundation model': CLAUDE,
  'an ARN': 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3',
}
const TOKENS = { 'with a session token': 'AQoDYXdzEJr/+session==', 'without a session token': undefined }

describe("Bedrock's signature, against what the AWS SDK sends", () => {
  const opened = cleanup()

  // The time is signed too: at a clock that stands still, both sign the same one.
  beforeEach(() => mock.timers.enable({ apis: ['Date'], now: Date.UTC(2026, 0, 2, 3, 4, 5) }))
  afterEach(() => mock.timers.reset())

  const server = (api: 'converse' | 'invoke') =>
    opened(scripted(reply(api === 'converse' ? bedrock : bedrockInvoke, { text: ['Hi'] })))

  async function askSdk(up: Scripted, api: 'converse' | 'invoke', modelId: string, sessionToken?: string) {
    const client = bedrockClient(up.url, sessionToken)
    const messages = [{ role: 'user' as const, content: [{ text: 'Grüße' }] }]
    if (api === 'converse') await client.send(new ConverseStreamCommand({ modelId, messages }))
    else await client.send(new InvokeModelWithResponseStreamCommand({ modelId, body: JSON.stringify({ messages }) }))
    client.destroy()
    return up.request(0)
  }

  for (const [named, model] of Object.entries(MODELS)) {
    for (const [proven, sessionToken] of Object.entries(TOKENS)) {
      for (const api of ['converse', 'invoke'] as const) {
        it(`is the same over the same request: ${api}, ${named}, ${proven}`, async () => {
          const { url, headers, body } = await askSdk(await server(api), api, model, sessionToken)
          const [, names = ''] = /SignedHeaders=([^,]+)/.exec(headers.authorization ?? '') ?? []
          // All but what a signer adds of itself.
          const given = names.split(';').filter((name) => !ADDED.has(name))
          const signed = await signedHeaders(
            {
              method: 'POST',
              url: new URL(url, `http://${headers.host}`),
              headers: Object.fromEntries(given.map((name) => [name, String(headers[name])])),
              body,
            },
            { ...CREDENTIALS, sessionToken, region: 'us-east-1', service: 'bedrock' },
          )
          for (const name of ['authorization', ...ADDED]) {
            if (name !== 'host') assert.equal(signed[name], headers[name], name)
          }
        })

        it(`goes to the same place, by the same credential: ${api}, ${named}, ${proven}`, async () => {
          const up = await server(api)
          const theirs = await askSdk(up, api, model, sessionToken)
          const target = api === 'converse' ? bedrock.target(up.url) : bedrockInvoke.target(up.url)
          const keys = {
            aws_access_key_id: CREDENTIALS.accessKeyId,
            aws_secret_access_key: CREDENTIALS.secretAccessKey,
            ...(sessionToken && { aws_session_token: sessionToken }),
          }
          const gate = await opened(gateway({ ...target, ...keys, base_model: CLAUDE }))
          const answer = await chat(gate.url, { model, stream: true, messages: [{ role: 'user', content: 'Grüße' }] })
          assert.equal(answer.text, 'Hi')

          const ours = await up.request(1)
          assert.equal(ours.url, theirs.url)
          const credential = /^AWS4-HMAC-SHA256 Credential=([^,]+)/
          const [, scope] = credential.exec(theirs.headers.authorization ?? '') ?? []
          assert.equal(scope, 'AKIDEXAMPLE/20260102/us-east-1/bedrock/aws4_request')
          assert.equal(credential.exec(ours.headers.authorization ?? '')?.[1], scope)
          assert.equal(ours.headers['x-amz-date'], theirs.headers['x-amz-date'])
          assert.equal(ours.headers['x-amz-security-token'], theirs.headers['x-amz-security-token'])
        })
      }
    }
  }
})

const ADDED = new Set(['host', 'x-amz-date', 'x-amz-content-sha256', 'x-amz-security-token'])
