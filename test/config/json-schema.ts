import assert from 'node:assert/strict'
import { Ajv } from 'ajv'
import { resolveConfig as resolve } from '../../lib/config/resolve.ts'
import { ConfigError } from '../../lib/config.ts'
import { configJsonSchema } from '../../scripts/json-schema.ts'

const validate = new Ajv({ strict: false, formats: { regex: isPattern } }).compile(configJsonSchema())

/** What the JSON Schema finds wrong with a config; undefined: nothing. */
export function refusal(json: unknown): string | undefined {
  return validate(json) ? undefined : JSON.stringify(validate.errors?.slice(0, 3))
}

/**
 * What is beyond a JSON Schema, or left to the program: names that refer to another, counts over all levels, what is inherited,
 * what a URL is, keys that exclude each other.
 */
const BEYOND = [
  /is also the name of another target|unknown target|no target of this group has a name/,
  /is also the name of another key|cannot stand beside (?:by|api_key)/,
  /has too many targets|is nested too deep|is nested more than 64 levels/,
  / \(inherited\)$/,
  /is not a valid URL/,
  /is not allowed as a key/,
  // An instance of a class, which no file holds.
  /must be an object, got an object/,
]

/** `resolveConfig`, and the JSON Schema is asked as well: it must refuse what that refuses, and nothing else. */
export const resolveConfig: typeof resolve = (json, providers, source) => {
  try {
    const config = resolve(json, providers, source)
    assert.equal(refusal(json), undefined, `the JSON Schema refuses ${JSON.stringify(json)}`)
    return config
  } catch (error) {
    if (error instanceof ConfigError && isJson(json) && !error.problems.every(isBeyond)) {
      assert.notEqual(refusal(json), undefined, `the JSON Schema accepts ${JSON.stringify(json)}\n${error.message}`)
    }
    throw error
  }
}

function isBeyond({ message }: ConfigError['problems'][number]): boolean {
  return BEYOND.some((kind) => kind.test(message))
}

/** Whether it could stand in a file as it is. */
function isJson(value: unknown): boolean {
  try {
    assert.deepEqual(JSON.parse(JSON.stringify(value)), value)
    return true
  } catch {
    return false
  }
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text) !== undefined
  } catch {
    return false
  }
}
