import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { RequestError } from '../../lib/errors.ts'
import { bedrock } from '../../lib/providers/bedrock.ts'
import type { Endpoint, HttpRequest } from '../../lib/types/provider.ts'
import { noMedia } from '../helpers/endpoint.ts'

const MODEL = 'anthropic.claude-sonnet-4-5-20250929-v1:0'
const KEYS = { aws_access_key_id: 'AKIDEXAMPLE', aws_secret_access_key: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' }

async function encode(given: Partial<Endpoint> = {}, model: string = MODEL) {
  const endpoint: Endpoint = {
    apiKey: undefined,
    customHost: undefined,
    fields: {},
    strict: true,
    fetchMedia: noMedia,
    ...given,
  }
  return bedrock.encode({ model, messages: [{ role: 'user', content: 'Hi 👋' }] }, endpoint)
}

interface Signed {
  method: string
  /** As signed. */
  path: string
  query: string
  headers: Record<string, string>
  body: string
}

/** The `authorization` header that AWS's description of Signature Version 4 leads to, written without the library. */
function authorization({ method, path, query, headers, body }: Signed, region: string, service: string): string {
  const hash = (text: string) => createHash('sha256').update(text).digest('hex')
  const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
  const names = Object.keys(headers).sort()
  const list = names.join(';')
  const canonical = [method, path, query, ...names.map((name) => `${name}:${headers[name]}`), '', list, hash(body)]
  const date = headers['x-amz-date'] ?? ''
  const day = date.slice(0, 8)
  const scope = `${day}/${region}/${service}/aws4_request`
  const key = [day, region, service, 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${KEYS.aws_secret_access_key}`)
  const signature = hmac(key, ['AWS4-HMAC-SHA256', date, scope, hash(canonical.join('\n'))].join('\n')).toString('hex')
  return `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/${scope}, SignedHeaders=${list}, Signature=${signature}`
}

/** Checks a request against it, as AWS would: all headers but the signature are signed, the path once more encoded. */
function assertSigned({ url, headers, body }: HttpRequest, region: string): void {
  const { authorization: told, ...rest } = headers
  const path = url.pathname.replace(/[^A-Za-z0-9/._~-]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
  const signed = { method: 'POST', path, query: '', headers: { ...rest, host: url.host }, body }
  assert.equal(told, authorization(signed, region, 'bedrock'))
  assert.equal(headers['x-amz-content-sha256'], createHash('sha256').update(body).digest('hex'))
}

describe('bedrock address', () => {
  const fields = { aws_region: 'us-east-1' }
  const arn = 'arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/abc'

  for (const [name, given, model, expected] of [
    [
      'encodes the model',
      { fields },
      MODEL,
      'https://bedrock-runtime.us-east-1.amazonaws.com/model/anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse-stream',
    ],
    [
      'takes the region from an ARN',
      {},
      arn,
      'https://bedrock-runtime.eu-west-1.amazonaws.com/model/arn%3Aaws%3Abedrock%3Aeu-west-1%3A123456789012%3Aapplication-inference-profile%2Fabc/converse-stream',
    ],
    [
      'prefers the region of the config',
      { fields },
      'arn:aws:bedrock:eu-west-1::x',
      'https://bedrock-runtime.us-east-1.amazonaws.com/model/arn%3Aaws%3Abedrock%3Aeu-west-1%3A%3Ax/converse-stream',
    ],
    [
      'knows the domain of China',
      { fields: { aws_region: 'cn-north-1' } },
      'm',
      'https://bedrock-runtime.cn-north-1.amazonaws.com.cn/model/m/converse-stream',
    ],
    [
      "knows the domain of Europe's sovereign cloud",
      { fields: { aws_region: 'eusc-de-east-1' } },
      'm',
      'https://bedrock-runtime.eusc-de-east-1.amazonaws.eu/model/m/converse-stream',
    ],
    [
      'appends to a host of its own',
      { customHost: 'http://localhost:9/aws' },
      '../m?x#y',
      'http://localhost:9/aws/model/..%2Fm%3Fx%23y/converse-stream',
    ],
    [
      'invokes',
      { fields: { ...fields, bedrock_api: 'invoke' as const } },
      'amazon.nova-pro-v1:0',
      'https://bedrock-runtime.us-east-1.amazonaws.com/model/amazon.nova-pro-v1%3A0/invoke-with-response-stream',
    ],
  ] as const) {
    it(name, async () => {
      const { url } = await encode({ apiKey: 'key', ...given }, model)
      assert.equal(url.href, expected)
    })
  }

  for (const [name, given, model] of [
    ['no region', {}, MODEL],
    ['a region that is a host', { fields: { aws_region: 'evil.example/' } }, MODEL],
    ['an ARN whose region is a host', {}, 'arn:aws:bedrock:evil.example/x?:1:y'],
    ['a model that is a step up', { fields }, '..'],
    ['a model that is here', { fields }, '.'],
    ['a model without a name', { fields }, ''],
    ['a model that is no text', { fields }, '\ud800'],
  ] as const) {
    it(`refuses ${name}`, async () => {
      await assert.rejects(encode({ apiKey: 'key', ...given }, model), RequestError)
    })
  }
})

describe('bedrock credentials', () => {
  const region = { aws_region: 'us-east-1' }

  it('sends an API key as it is', async () => {
    const { headers } = await encode({ apiKey: 'bedrock-api-key-x', fields: region })
    assert.equal(headers.authorization, 'Bearer bedrock-api-key-x')
  })

  it('sends nothing without a key to a host of its own', async () => {
    const { headers } = await encode({ customHost: 'http://localhost:9' })
    assert.deepEqual(Object.keys(headers).sort(), ['accept', 'content-type'])
  })

  for (const [name, fields] of [
    ['no key', region],
    ['half a key', { ...region, aws_access_key_id: 'AKIDEXAMPLE' }],
  ] as const) {
    it(`refuses ${name}`, async () => {
      await assert.rejects(encode({ fields }), { name: 'RequestError', message: /aws_secret_access_key/ })
    })
  }

  it('refuses to sign for a host of its own without a region', async () => {
    await assert.rejects(encode({ customHost: 'http://localhost:9', fields: KEYS }), /aws_region/)
  })

  for (const [name, model, given] of [
    ['a model', MODEL, {}],
    ['an ARN', 'arn:aws:bedrock:us-east-1:1:application-inference-profile/abc', {}],
    ['signs that URLs leave alone', "m!'()*~", {}],
    ['a host of its own with a port', MODEL, { customHost: 'http://localhost:4010/aws' }],
    ['a target with keys of its own, whatever token the client brought', MODEL, { apiKey: 'sk-of-the-client' }],
  ] as const) {
    it(`signs for ${name}`, async () => {
      const request = await encode({ ...given, fields: { ...region, ...KEYS } }, model)
      assertSigned(request, 'us-east-1')
      assert.ok(!('host' in request.headers))
      assert.ok(!('x-amz-security-token' in request.headers))
    })
  }

  it('signs with a session token', async () => {
    const request = await encode({ fields: { ...region, ...KEYS, aws_session_token: 'TOKEN' } })
    assertSigned(request, 'us-east-1')
    assert.equal(request.headers['x-amz-security-token'], 'TOKEN')
  })

  it('signs for the region of the ARN', async () => {
    assertSigned(await encode({ fields: KEYS }, 'arn:aws:bedrock:eu-west-1:1:custom-model-deployment/x'), 'eu-west-1')
  })
})

describe('Signature Version 4, as these tests compute it', () => {
  const host = 'example.amazonaws.com'
  const date = { host, 'x-amz-date': '20150830T123600Z' }
  const form = { ...date, 'content-type': 'application/x-www-form-urlencoded' }

  // From AWS's own aws-sig-v4-test-suite: region us-east-1, service `service`.
  for (const [name, request, signature] of [
    ['get-vanilla', {}, '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
    ['post-vanilla', { method: 'POST' }, '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
    ['get-utf8', { path: '/%E1%88%B4' }, '8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85'],
    [
      'get-vanilla-query-order-key-case',
      { query: 'Param1=value1&Param2=value2' },
      'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    ],
    [
      'post-x-www-form-urlencoded',
      { method: 'POST', headers: form, body: 'Param1=value1' },
      'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
    ],
  ] as const) {
    it(`agrees with AWS on ${name}`, () => {
      const signed = { method: 'GET', path: '/', query: '', headers: date, body: '', ...request }
      assert.match(authorization(signed, 'us-east-1', 'service'), new RegExp(`Signature=${signature}$`))
    })
  }

  it('agrees with what the AWS SDK signs for Bedrock', () => {
    const body = '{"messages":[]}'
    const headers = {
      host: 'bedrock-runtime.us-east-1.amazonaws.com',
      'content-type': 'application/json',
      'x-amz-content-sha256': '5e4ce7b36ba37b78a5d5f9fd08e6b7b54ba6879d651aa46ec9e1d6fa24ebe30a',
      'x-amz-date': '20260102T030405Z',
      'x-amz-security-token': 'TOKEN',
    }
    const path = '/model/anthropic.claude-sonnet-4-5-20250929-v1%253A0/converse-stream'
    assert.match(
      authorization({ method: 'POST', path, query: '', headers, body }, 'us-east-1', 'bedrock'),
      /Signature=ff624f33bb4ff5fc92c4c67b00dd2efea445ed421774d7e451b4ee9ecb145fe5$/,
    )
  })
})
