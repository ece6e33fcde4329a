import assert from 'node:assert/strict'
import { hasSchemaValidator, violationOf } from '../lib/json-schema.ts'

const CITY = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
}

describe('the check of a JSON Schema', () => {
  it('is there, since Ajv is installed here', () => assert.equal(hasSchemaValidator(), true))

  it('says what breaks it', () => {
    const violation = violationOf(CITY)
    assert.equal(violation?.({ city: 'Paris' }), undefined)
    assert.equal(violation?.({ city: 1 }), '/city must be string')
    assert.match(violation?.({}) ?? '', /^the value must have required property 'city'/)
  })

  it('is none for a schema that cannot be compiled, or is too long', () => {
    assert.equal(violationOf({ type: 'no such type' }), undefined)
    assert.equal(violationOf({ $ref: 'https://example.com/elsewhere' }), undefined)
    assert.equal(violationOf({ description: 'x'.repeat(64 * 1024) }), undefined)
  })
})
