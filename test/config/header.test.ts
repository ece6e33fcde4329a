import assert from 'node:assert/strict'
import type { IncomingHttpHeaders } from 'node:http'
import fc from 'fast-check'
import { configFromHeaders, MAX_CONFIG_HEADER } from '../../lib/config/header.ts'
import { resolveConfig } from '../../lib/config/resolve.ts'
import { RequestError } from '../../lib/errors.ts'
import { fakeNames, fakes, when } from './fake-providers.ts'

const SHUT = { allowPrivateHosts: false, providers: fakes }
const OPEN = { allowPrivateHosts: true, providers: fakes }

const config = (json: unknown) => ({ 'x-portkey-config': JSON.stringify(json) })
const openai = { 'x-portkey-provider': 'openai' }

async function errorOf(
  headers: IncomingHttpHeaders,
  options = SHUT,
): Promise<{ message: string; param: string | null }> {
  try {
    await configFromHeaders(headers, options)
  } catch (error) {
    assert.ok(error instanceof RequestError, `a RequestError and not ${error}`)
    return { message: error.message, param: error.api.param }
  }
  return { message: 'no error', param: null }
}

describe('the config in the headers of a request', () => {
  const NONE: [string, IncomingHttpHeaders][] = [
    ['there are none', {}],
    ['there are only other headers', { authorization: 'Bearer x', 'content-type': 'application/json' }],
    [
      'an SDK only tells of itself',
      {
        'x-portkey-api-key': 'pk',
        'x-portkey-package-version': 'portkey-3.0.0',
        'x-portkey-runtime': 'node',
        'x-portkey-runtime-version': 'v24',
        'x-portkey-platform': 'linux',
        'x-portkey-trace-id': 't',
        'x-portkey-span-id': 's',
        'x-portkey-span-name': 'n',
        'x-portkey-parent-span-id': 'p',
        'x-portkey-debug': 'true',
        'x-portkey-dangerously-allow-browser': 'true',
        'x-portkey-strict-open-ai-compliance': 'false',
        'x-portkey-metadata': '{"_user":"u"}',
      },
    ],
    [
      'an SDK sends options that were not set',
      { 'x-portkey-virtual-key': '', 'x-portkey-config': '', 'x-portkey-provider': '' },
    ],
  ]
  for (const [sentence, headers] of NONE) {
    it(`is not there if ${sentence}`, async () => {
      assert.equal(await configFromHeaders(headers, SHUT), undefined)
    })
  }

  it('is the same in x-portkey-config as anywhere else', async () => {
    const json = {
      strategy: { mode: 'conditional', conditions: [when({ 'params.model': 'm' }, 'a')], default: 'b' },
      retry: { attempts: 2 },
      total_timeout: 9000,
      cb_config: { failure_threshold: 3 },
      targets: [
        { name: 'a', provider: 'openai', api_key: 'a', custom_host: 'https://example.com/v1/' },
        { name: 'b', provider: 'bedrock', aws_region: 'eu-west-1', override_params: { model: 'm' } },
      ],
    }
    assert.deepEqual(await configFromHeaders(config(json), SHUT), resolveConfig(json, fakes))
  })

  it('can be a single target in headers of its own, with no key', async () => {
    const own = await configFromHeaders(
      {
        authorization: 'Bearer the-clients-key',
        ...openai,
        'x-portkey-custom-host': 'https://example.com/v1/',
        'x-portkey-metadata': '{"team":"blue"}',
        'x-portkey-request-timeout': '5000',
        'x-portkey-forward-headers': 'X-One, x-two,',
        'x-portkey-strict-open-ai-compliance': 'False',
      },
      SHUT,
    )
    assert.deepEqual(
      own,
      resolveConfig(
        {
          provider: 'openai',
          custom_host: 'https://example.com/v1',
          metadata: { team: 'blue' },
          request_timeout: 5000,
          forward_headers: ['x-one', 'x-two'],
          strict_open_ai_compliance: false,
        },
        fakes,
      ),
    )
    assert.equal(own?.route.kind, 'target')
    assert.equal(own.route.apiKey, undefined)
  })

  const FIELDS: Record<string, Record<string, string>> = {
    'azure-openai': {
      'azure-resource-name': 'resource_name',
      'azure-deployment-id': 'deployment_id',
      'azure-api-version': 'api_version',
      'azure-ad-token': 'azure_ad_token',
    },
    bedrock: {
      'aws-access-key-id': 'aws_access_key_id',
      'aws-secret-access-key': 'aws_secret_access_key',
      'aws-session-token': 'aws_session_token',
      'aws-region': 'aws_region',
      'anthropic-beta': 'anthropic_beta',
    },
    'vertex-ai': {
      'vertex-project-id': 'vertex_project_id',
      'vertex-region': 'vertex_region',
      'anthropic-beta': 'anthropic_beta',
    },
    anthropic: { 'anthropic-version': 'anthropic_version', 'anthropic-beta': 'anthropic_beta' },
    openai: { 'openai-organization': 'openai_organization', 'openai-project': 'openai_project' },
  }
  const allFields = Object.fromEntries(
    Object.values(FIELDS).flatMap((fields) =>
      Object.keys(fields).map((header) => [`x-portkey-${header}`, `v-${header}`]),
    ),
  )
  for (const [provider, fields] of Object.entries(FIELDS)) {
    it(`has the fields of ${provider} and of no other`, async () => {
      const own = await configFromHeaders({ ...allFields, 'x-portkey-provider': provider }, SHUT)
      const expected = Object.fromEntries(Object.entries(fields).map(([header, field]) => [field, `v-${header}`]))
      assert.deepEqual(own?.route.kind === 'target' && own.route.fields, expected)
    })
  }

  describe('in both forms', () => {
    const beside = {
      'x-portkey-custom-host': 'https://header.example',
      'x-portkey-metadata': '{"a":"header","b":"header"}',
      'x-portkey-request-timeout': '1',
      'x-portkey-forward-headers': 'x-header',
      'x-portkey-strict-open-ai-compliance': 'false',
      'x-portkey-aws-region': 'eu-west-1',
    }

    it('inherits from the other headers', async () => {
      const json = {
        metadata: { b: 'config' },
        targets: [{ provider: 'bedrock' }, { provider: 'openai', request_timeout: 2 }],
      }
      const outer = {
        custom_host: 'https://header.example',
        metadata: { a: 'header', b: 'config' },
        request_timeout: 1,
        forward_headers: ['x-header'],
        strict_open_ai_compliance: false,
        aws_region: 'eu-west-1',
      }
      assert.deepEqual(
        await configFromHeaders({ ...config(json), ...beside }, SHUT),
        resolveConfig({ ...json, ...outer }, fakes),
      )
    })

    it('asks the metadata of their header in conditions too', async () => {
      const json = {
        metadata: { b: 'config' },
        targets: [{ metadata: { c: 'inner' }, targets: [{ provider: 'groq' }] }],
      }
      const own = await configFromHeaders({ ...config(json), ...beside }, SHUT)
      assert.equal(own?.route.kind, 'group')
      assert.deepEqual(own.route.metadata, { a: 'header', b: 'config' })
      const [inner] = own.route.routes
      assert.deepEqual(inner.kind === 'group' && inner.metadata, { a: 'header', b: 'config', c: 'inner' })
    })

    it('lets the config win', async () => {
      const json = {
        provider: 'openai',
        custom_host: 'https://config.example',
        metadata: { a: 'config', b: 'config' },
        request_timeout: 2,
        forward_headers: [],
        strict_open_ai_compliance: true,
      }
      assert.deepEqual(await configFromHeaders({ ...config(json), ...beside }, SHUT), resolveConfig(json, fakes))
    })

    it('takes the provider from its header only if the config has neither provider nor targets', async () => {
      const of = async (json: object) => {
        const own = await configFromHeaders({ ...config(json), 'x-portkey-provider': 'groq' }, SHUT)
        const [target] = own?.route.kind === 'group' ? own.route.routes : [own?.route]
        return target?.kind === 'target' && target.provider.name
      }
      assert.equal(await of({ retry: { attempts: 1 } }), 'groq')
      assert.equal(await of({ provider: 'openai' }), 'openai')
      assert.equal(await of({ targets: [{ provider: 'openai' }] }), 'openai')
    })
  })

  describe('is refused', () => {
    const CONFIG = 'x-portkey-config'
    const MISSING = 'x-portkey-provider: is missing, without it or x-portkey-config there is no use for'
    const NO_FEATURE = 'streamgate has no such feature'
    const METADATA = 'x-portkey-metadata: must be a JSON object whose values are all strings.'
    const header = (name: string, value: string) => ({ ...openai, [`x-portkey-${name}`]: value })
    const conditional = (query: unknown) => ({
      strategy: { mode: 'conditional', conditions: [when(query, 'a')] },
      targets: [{ name: 'a', provider: 'openai' }],
    })
    const TABLE: [why: string, headers: IncomingHttpHeaders, param: string, message: string][] = [
      [
        'without a provider',
        { 'x-portkey-custom-host': 'https://a.example' },
        'x-portkey-provider',
        `${MISSING} x-portkey-custom-host.`,
      ],
      [
        'without a provider, for more than one header',
        { 'x-portkey-request-timeout': '5', 'x-portkey-azure-api-version': 'v1' },
        'x-portkey-provider',
        `${MISSING} x-portkey-request-timeout, x-portkey-azure-api-version.`,
      ],
      [
        'for an unknown provider',
        { 'x-portkey-provider': 'opena1' },
        'x-portkey-provider',
        `x-portkey-provider: unknown provider "opena1", expected one of ${fakeNames}; did you mean "openai"?`,
      ],
      [
        'for an unknown provider beside a config',
        { ...config({ retry: {} }), 'x-portkey-provider': '@my-openai' },
        'x-portkey-provider',
        `x-portkey-provider: unknown provider "@my-openai", expected one of ${fakeNames}; did you mean "openai"?`,
      ],
      [
        'for the id of a saved config',
        { [CONFIG]: 'pc-default-1' },
        CONFIG,
        `${CONFIG}: is not valid JSON. It must hold the config itself, streamgate keeps no saved ones.`,
      ],
      [
        'for JSON that is no object',
        { [CONFIG]: '"pc-default-1"' },
        CONFIG,
        `${CONFIG}: must be an object, got "pc-default-1"`,
      ],
      ['for a list', { [CONFIG]: '[]', ...openai }, CONFIG, `${CONFIG}: must be an object, got an array`],
      ['for null', { [CONFIG]: 'null' }, CONFIG, `${CONFIG}: must be an object, got null`],
      ['for a config without a route', { [CONFIG]: '{}' }, CONFIG, `${CONFIG}: needs either a provider or targets`],
      [
        'for a wrong config',
        config({ targets: [{ provider: 'openai', cache: {} }, {}] }),
        CONFIG,
        `${CONFIG}: targets[0].cache: ${NO_FEATURE}; ${CONFIG}: targets[1]: needs either a provider or targets`,
      ],
      [
        'for a pattern, which could be made never to come to an end',
        config(conditional({ $or: [{ 'params.model': 'm' }, { $and: [{ 'metadata.a': { $regex: '(a+)+$' } }] }] })),
        CONFIG,
        `${CONFIG}: strategy.conditions[0].query: must not use $regex in a config that comes with a request`,
      ],
      [
        'for a pattern further in',
        config({ targets: [conditional({ 'metadata.a': { $regex: 'a' } })] }),
        CONFIG,
        `${CONFIG}: targets[0].strategy.conditions[0].query: must not use $regex in a config that comes with a request`,
      ],
      [
        'for a wrong provider in a config',
        { ...config({ provider: 'nope' }), ...openai },
        CONFIG,
        `${CONFIG}: provider: unknown provider "nope", expected one of ${fakeNames}`,
      ],
      [
        'for a timeout that is no number',
        header('request-timeout', '5s'),
        'x-portkey-request-timeout',
        'x-portkey-request-timeout: must be an integer from 0 to 2147483647 (milliseconds), got "5s"',
      ],
      [
        'for a timeout below 0',
        header('request-timeout', '-5'),
        'x-portkey-request-timeout',
        'x-portkey-request-timeout: must be an integer from 0 to 2147483647 (milliseconds), got "-5"',
      ],
      [
        'for a timeout in hexadecimal',
        header('request-timeout', '0x10'),
        'x-portkey-request-timeout',
        'x-portkey-request-timeout: must be an integer from 0 to 2147483647 (milliseconds), got "0x10"',
      ],
      ['for metadata that is no JSON', header('metadata', 'team=blue'), 'x-portkey-metadata', METADATA],
      ['for metadata that is a list', header('metadata', '["a"]'), 'x-portkey-metadata', METADATA],
      ['for metadata with a number', header('metadata', '{"a":1}'), 'x-portkey-metadata', METADATA],
      [
        'for metadata that would reach a prototype',
        header('metadata', '{"__proto__":"x"}'),
        'x-portkey-metadata',
        'x-portkey-metadata: metadata.__proto__: is not allowed as a key',
      ],
      [
        'for a header that cannot be forwarded',
        header('forward-headers', 'x-a, Host'),
        'x-portkey-forward-headers',
        'x-portkey-forward-headers: forward_headers[1]: "host" cannot be forwarded, streamgate sets it itself',
      ],
      [
        'for compliance that is neither true nor false',
        header('strict-open-ai-compliance', '0'),
        'x-portkey-strict-open-ai-compliance',
        'x-portkey-strict-open-ai-compliance: must be true or false, got "0"',
      ],
      [
        'for a host name in a resource name',
        header('azure-resource-name', 'evil.com/'),
        'x-portkey-azure-resource-name',
        'x-portkey-azure-resource-name: must be letters, digits and dashes only (it is part of a host name), got "evil.com/"',
      ],
      [
        'for a version cohere does not have',
        { 'x-portkey-provider': 'cohere', 'x-portkey-azure-api-version': 'v9' },
        'x-portkey-azure-api-version',
        'x-portkey-azure-api-version: must be v2 or v1 for cohere, got "v9" (inherited)',
      ],
      [
        'for several headers at once',
        { ...header('request-timeout', '-5'), 'x-portkey-custom-host': 'a' },
        'x-portkey-request-timeout',
        'x-portkey-request-timeout: must be an integer from 0 to 2147483647 (milliseconds), got "-5"; x-portkey-custom-host: must be an absolute URL that begins with http:// or https://',
      ],
      [
        'for a virtual key',
        header('virtual-key', 'vk'),
        'x-portkey-virtual-key',
        `x-portkey-virtual-key: ${NO_FEATURE}, send x-portkey-provider and the key as Authorization instead`,
      ],
      ...[
        'cache',
        'cache-namespace',
        'cache-force-refresh',
        'guardrails',
        'default-input-guardrails',
        'default-output-guardrails',
        'mistral-fim-completion',
        'vertex-service-account-json',
      ].map((name): [string, IncomingHttpHeaders, string, string] => [
        `for ${name}`,
        header(name, 'x'),
        `x-portkey-${name}`,
        `x-portkey-${name}: ${NO_FEATURE}`,
      ]),
      [
        'for a misspelt header',
        header('custom-hots', 'x'),
        'x-portkey-custom-hots',
        'x-portkey-custom-hots: streamgate does not know this header, did you mean x-portkey-custom-host?',
      ],
      [
        'for a header nobody knows',
        { 'x-portkey-constructor': 'x' },
        'x-portkey-constructor',
        'x-portkey-constructor: streamgate does not know this header',
      ],
      [
        'for a private host',
        header('custom-host', 'http://127.0.0.1:1/'),
        'x-portkey-custom-host',
        'x-portkey-custom-host: 127.0.0.1 is a private or reserved address, which is not allowed.',
      ],
      [
        'for a metadata service in a config',
        config({
          targets: [{ provider: 'openai' }, { targets: [{ provider: 'groq', custom_host: 'http://2852039166/' }] }],
        }),
        CONFIG,
        `${CONFIG}: 169.254.169.254 is a link-local address or a metadata service, which is not allowed.`,
      ],
      [
        'for a private host beside a config',
        { ...config({ targets: [{ provider: 'openai' }] }), 'x-portkey-custom-host': 'http://localhost' },
        'x-portkey-custom-host',
        'x-portkey-custom-host: localhost is a name of this machine or a private network, which is not allowed.',
      ],
    ]
    for (const [why, headers, param, message] of TABLE) {
      it(why, async () => {
        assert.deepEqual(await errorOf(headers), { message, param })
      })
    }

    it('if it is too large, with a status that says so', async () => {
      const text = (length: number) => `{"provider":"openai","name":"${'a'.repeat(length - 31)}"}`
      assert.equal(text(100).length, 100)
      await assert.rejects(configFromHeaders({ [CONFIG]: text(MAX_CONFIG_HEADER + 1) }, SHUT), {
        message: `${CONFIG}: is larger than 65536 bytes.`,
        api: {
          status: 431,
          type: 'invalid_request_error',
          code: 'request_header_too_large',
          param: CONFIG,
          retryable: false,
          message: `${CONFIG}: is larger than 65536 bytes.`,
        },
      })
      assert.match((await errorOf({ [CONFIG]: text(MAX_CONFIG_HEADER) })).message, /name: must be a string of 1 to 100/)
    })

    it('with at most ten of its problems', async () => {
      const json = { provider: 'openai', ...Object.fromEntries(Array.from({ length: 14 }, (_, i) => [`zz${i}`, 1])) }
      const { message } = await errorOf(config(json))
      assert.equal(message.split(`; ${CONFIG}: `).length, 10)
      assert.match(message, /; and 4 more problems$/)
    })
  })

  it('may lead to private hosts if they are allowed, but never to a metadata service', async () => {
    const host = (url: string) => ({ ...openai, 'x-portkey-custom-host': url })
    const config = await configFromHeaders(host('http://localhost:1234/v1/'), OPEN)
    assert.equal(config?.route.kind === 'target' && config.route.customHost, 'http://localhost:1234/v1')
    assert.match((await errorOf(host('http://metadata.google.internal'), OPEN)).message, /is a metadata service/)
  })

  it('never leads an error to show a key or the text of a broken config', async () => {
    const key = fc.stringMatching(/^[A-Za-z0-9]{32,48}$/)
    const secrets = ['azure-ad-token', 'aws-access-key-id', 'aws-secret-access-key', 'aws-session-token']
    await fc.assert(
      fc.asyncProperty(key, fc.constantFrom(...secrets), async (value, name) => {
        const headers: IncomingHttpHeaders[] = [
          { ...openai, [`x-portkey-${name}`]: `${value} x` },
          { 'x-portkey-config': `{"provider":"openai","api_key":"${value}",}` },
          { 'x-portkey-config': value },
          { 'x-portkey-provider': value },
          { ...openai, 'x-portkey-metadata': `{"a":"${value}"` },
          { ...openai, 'x-portkey-custom-host': `https://user:${value}@example.com` },
          config({ provider: 'openai', api_key: value, retry: 1 }),
        ]
        for (const given of headers) {
          const { message } = await errorOf(given)
          assert.notEqual(message, 'no error')
          assert.ok(!message.includes(value), message)
        }
      }),
    )
  })
})
