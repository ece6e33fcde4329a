import { isObject, list, object } from '../json.ts'
import type { JsonSchema } from './wire.ts'

/** Schemas with more optional properties than this are refused or followed only in part. */
const MAX_OPTIONAL = 10

/** A schema without any of these allows any value. */
const SHAPES = ['type', 'enum', 'const', '$ref', 'anyOf', 'oneOf', 'allOf', 'properties']

const COPIED = new Set(['type', 'enum', 'const', '$ref', 'required', 'default', 'title', 'description'])
const NAMED_SCHEMAS = new Set(['properties', '$defs', 'definitions'])
const LEFT_OUT = new Set(['$schema', '$id', '$comment', 'additionalProperties'])
const FORMATS = new Set('date-time time date duration email hostname uri ipv4 ipv6 uuid'.split(' '))

/**
 * The schema in the subset that Anthropic enforces: objects closed, `oneOf` as `anyOf`, other constraints in the
 * description. undefined if the subset cannot express it: recursion, maps, free-form objects, many optional properties.
 *
 * Source: platform.claude.com, structured outputs; @anthropic-ai/sdk `lib/transform-json-schema.ts`.
 */
export function nativeSchema(schema: JsonSchema): JsonSchema | undefined {
  let fits = hasFiniteRefs(schema)
  let optional = 0

  const walkAll = (schemas: unknown): JsonSchema[] => list(schemas).map(walk)
  const walkNamed = (named: unknown): JsonSchema =>
    Object.fromEntries(Object.entries(object(named)).map(([name, node]) => [name, walk(node)]))

  const walk = (node: unknown): JsonSchema => {
    if (!isObject(node) || !SHAPES.some((key) => key in node)) {
      fits = false
      return {}
    }
    const result: JsonSchema = {}
    const constraints: string[] = []
    for (const [key, value] of Object.entries(node)) {
      if (COPIED.has(key)) result[key] = value
      else if (NAMED_SCHEMAS.has(key)) result[key] = walkNamed(value)
      else if (key === 'items') result[key] = walk(value)
      else if (key === 'allOf') result[key] = walkAll(value)
      else if (key === 'anyOf' || key === 'oneOf') result.anyOf = walkAll(value)
      else if (key === 'format' && FORMATS.has(String(value))) result[key] = value
      else if (!LEFT_OUT.has(key)) constraints.push(`${key}: ${JSON.stringify(value)}`)
    }
    if (isObjectSchema(node)) {
      const names = Object.keys(object(node.properties))
      const required = new Set(list(node.required))
      optional += names.filter((name) => !required.has(name)).length
      if (!('properties' in node) || node.additionalProperties || 'patternProperties' in node) fits = false
      result.additionalProperties = false
    }
    if (constraints.length > 0)
      result.description = [result.description, `{${constraints.join(', ')}}`].filter(Boolean).join('\n\n')
    return result
  }

  const result = walk(schema)
  return fits && optional <= MAX_OPTIONAL ? result : undefined
}

function isObjectSchema({ type, properties }: JsonSchema): boolean {
  return type === 'object' || (Array.isArray(type) && type.includes('object')) || properties !== undefined
}

/** Bound on the search for references; one part can be referred to under many names. */
const MAX_VISITS = 100_000

/** Whether every `$ref` leads to a part of this schema, and none back into itself. Too large a schema counts as one that does not. */
function hasFiniteRefs(root: JsonSchema): boolean {
  const open = new Set<string>()
  const done = new Set<string>()
  let visits = 0

  const visit = (node: unknown): boolean => {
    if (++visits > MAX_VISITS) return false
    if (Array.isArray(node)) return node.every(visit)
    if (!isObject(node)) return true
    const ref = node.$ref
    if (typeof ref === 'string' && !done.has(ref)) {
      if (open.has(ref)) return false
      open.add(ref)
      const target = resolve(root, ref)
      if (target === undefined || !visit(target)) return false
      open.delete(ref)
      done.add(ref)
    }
    return Object.entries(node).every(([key, value]) => key === '$defs' || key === 'definitions' || visit(value))
  }

  return visit(root)
}

function resolve(root: JsonSchema, ref: string): unknown {
  if (!ref.startsWith('#')) return undefined
  let node: unknown = root
  for (const step of ref.slice(1).split('/').filter(Boolean)) {
    node = isObject(node) ? node[step.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined
  }
  return node
}
