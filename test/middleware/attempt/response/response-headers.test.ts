import assert from 'node:assert/strict'
import {
  adjustedHeader,
  droppedHeader,
  providerRequestId,
  returnedHeaders,
} from '../../../../lib/middleware/attempt/response/response-headers.ts'

describe('returnedHeaders', () => {
  const returned = [
    ...['retry-after', 'retry-after-ms'],
    ...['ratelimit', 'ratelimit-limit', 'ratelimit-policy', 'x-ratelimit-remaining-requests', 'x-ratelimit-reset'],
    ...['anthropic-ratelimit-tokens-remaining', 'x-tokenlimit-remaining'],
    ...['request-id', 'apim-request-id', 'x-amzn-requestid', 'mistral-correlation-id'],
  ]
  for (const name of returned) {
    it(`lets ${name} through`, () => assert.deepEqual(returnedHeaders({ [name]: '1' }), { [name]: '1' }))
  }

  it('gives the id that a provider calls x-request-id another name: that one is ours', () =>
    assert.deepEqual(returnedHeaders({ 'x-request-id': '1' }), { 'x-streamgate-provider-request-id': '1' }))

  const kept = [
    ...['set-cookie', 'cookie', 'authorization', 'x-api-key', 'www-authenticate'],
    ...['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'content-type', 'content-encoding'],
    ...['openai-organization', 'openai-project', 'anthropic-organization-id', 'x-goog-api-client', 'x-groq-region'],
    ...['server', 'via', 'date', 'cf-ray', 'alt-svc', 'strict-transport-security', 'access-control-allow-origin'],
    ...['xratelimit', 'x-ratelimited', 'my-x-request-id', 'x-request-id-2', 'retry-after-s'],
  ]
  for (const name of kept) {
    it(`keeps ${name} back`, () => assert.deepEqual(returnedHeaders({ [name]: '1' }), {}))
  }

  it('leaves out what has no value, and joins what has several', () => {
    const headers = { 'retry-after': undefined, 'ratelimit-policy': ['a', 'b'] as unknown as string }
    assert.deepEqual(returnedHeaders(headers), { 'ratelimit-policy': 'a,b' })
  })
})

describe('providerRequestId', () => {
  const names = ['x-request-id', 'request-id', 'apim-request-id', 'x-amzn-requestid', 'mistral-correlation-id']
  for (const name of names) {
    it(`is that of ${name}`, () => assert.equal(providerRequestId(returnedHeaders({ [name]: 'r1' })), 'r1'))
  }
  it('is none where none is told', () => assert.equal(providerRequestId({ 'retry-after': '1' }), undefined))
})

describe('droppedHeader', () => {
  const name = 'x-streamgate-dropped-params'
  const many = Array.from({ length: 30 }, (_, i) => `p${String(i).padStart(2, '0')}`)
  const cases: [what: string, names: string[] | undefined, legacy: boolean, told: string | undefined][] = [
    ['nothing', undefined, false, undefined],
    ['no names', [], false, undefined],
    ['names, in order and once each', ['top_k', 'seed', 'top_k'], false, 'seed, top_k'],
    [
      'no name that could not stand in a header',
      ['a\r\nset-cookie: x', 'é', 'a,b', '', 'x'.repeat(65)],
      false,
      undefined,
    ],
    ['twenty names at most', many, false, many.slice(0, 20).join(', ')],
    ['parallel_tool_calls', ['parallel_tool_calls', 'seed'], false, 'parallel_tool_calls, seed'],
    ['no parallel_tool_calls that a legacy client never sent', ['parallel_tool_calls', 'seed'], true, 'seed'],
  ]
  for (const [what, names, legacy, told] of cases) {
    it(`tells ${what}`, () =>
      assert.deepEqual(droppedHeader(names, legacy), told === undefined ? {} : { [name]: told }))
  }
})

describe('adjustedHeader', () => {
  const name = 'x-streamgate-adjusted'
  it('is none where nothing was changed', () => {
    assert.deepEqual([adjustedHeader(), adjustedHeader([])], [{}, {}])
  })
  it('names the kinds of changes', () => {
    assert.deepEqual(adjustedHeader(['call-ids', 'last-turn']), { [name]: 'call-ids, last-turn' })
  })
})
