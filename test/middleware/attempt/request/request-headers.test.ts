import assert from 'node:assert/strict'
import { clientKeyOf, forwardedHeaders } from '../../../../lib/middleware/attempt/request/request-headers.ts'

describe('forwardedHeaders', () => {
  const client = { 'x-tenant': 'acme', 'x-other': 'no', 'set-cookie': ['a', 'b'] }

  it('takes those that are named and there', () => {
    assert.deepEqual(forwardedHeaders(client, ['x-tenant', 'x-missing']), { 'x-tenant': 'acme' })
  })
  it('takes none unless named', () => {
    assert.deepEqual(forwardedHeaders(client, []), {})
  })
  it('joins several values', () => {
    assert.deepEqual(forwardedHeaders(client, ['set-cookie']), { 'set-cookie': 'a,b' })
  })
  it('takes nothing that every object has', () => {
    assert.deepEqual(forwardedHeaders({}, ['constructor', '__proto__', 'tostring', 'toString']), {})
  })
})

describe('clientKeyOf', () => {
  const tokens: [authorization: string | undefined, token: string | undefined][] = [
    ['Bearer abc', 'abc'],
    ['bearer  sk-1.2_3~+/=  ', 'sk-1.2_3~+/='],
    ['sk-alone', 'sk-alone'],
    ['Bearer', undefined],
    ['Bearer ', undefined],
    ['Bearer a b', undefined],
    ['Bearerabc', undefined],
    ['bearerabc', undefined],
    ['Basic abc', undefined],
    ['x Bearer abc', undefined],
    ['', undefined],
    [undefined, undefined],
  ]
  for (const [authorization, token] of tokens) {
    it(`finds ${token} in ${JSON.stringify(authorization)}`, () => {
      assert.equal(clientKeyOf(authorization === undefined ? {} : { authorization }), token)
    })
  }

  it("finds Anthropic's form of a key, unless there is a token", () => {
    assert.equal(clientKeyOf({ 'x-api-key': 'sk-ant' }), 'sk-ant')
    assert.equal(clientKeyOf({ 'x-api-key': 'sk-ant', authorization: 'Bearer abc' }), 'abc')
    assert.equal(clientKeyOf({ 'x-api-key': 'a b' }), undefined)
  })
})
