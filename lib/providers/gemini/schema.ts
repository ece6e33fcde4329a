import { RequestError } from '../../errors.ts'
import { list, object, text } from '../json.ts'
import { resolved } from '../schema-references.ts'

type Schema = Record<string, unknown>

/** Whether a function with these parameters takes none. */
export function isEmptyObject(schema: unknown): boolean {
  const { type = 'object', properties, additionalProperties = false, ...rest } = object(schema)
  const shaped = SHAPING.some((key) => key in rest) || additionalProperties !== false
  return type === 'object' && Object.keys(object(properties)).length === 0 && !shaped
}

const SHAPING = ['$ref', 'anyOf', 'oneOf', 'allOf', 'patternProperties']

/** More nodes, or more characters in them, come only from references that multiply each other. */
const MAX_NODES = 10_000
const MAX_CHARACTERS = 4 * 1024 * 1024

/**
 * JSON Schema as the older `parameters` and `responseSchema` take it: a subset of OpenAPI 3.0 (ai.google.dev/api/caching
 * #Schema). References are put in place, recursive ones end in a plain object; what has no form here is left out, so the
 * result may allow more than the schema did.
 */
export function openApiSchema(schema: unknown): Schema {
  let nodes = 0
  let characters = 0

  const convert = (value: unknown, within: readonly unknown[]): Schema => {
    nodes += 1
    const source = object(value)
    if (typeof source.$ref === 'string') {
      const target = resolved(schema, source.$ref)
      return target === undefined || within.includes(target) ? { type: 'OBJECT' } : convert(target, [...within, target])
    }
    const result: Schema = {}
    for (const key of KEPT) if (source[key] !== undefined) result[key] = source[key]
    if (FORMATS.has(text(source.format))) result.format = source.format
    Object.assign(result, types(source), values(source))
    characters += JSON.stringify(result).length
    if (nodes > MAX_NODES || characters > MAX_CHARACTERS) {
      throw new RequestError('A JSON schema of the request is too large.')
    }

    const properties = Object.entries(object(source.properties))
    if (properties.length > 0) {
      result.properties = Object.fromEntries(properties.map(([name, each]) => [name, convert(each, within)]))
      const required = list(source.required).filter((name) => Object.hasOwn(object(source.properties), text(name)))
      if (required.length > 0) result.required = required
    }
    const items = [...list(source.prefixItems), ...(source.items === undefined ? [] : [source.items].flat())]
    if (items.length === 1) result.items = convert(items[0], within)
    else if (items.length > 1) result.items = { anyOf: items.map((each) => convert(each, within)) }
    else if (result.type === 'ARRAY') result.items = { type: 'STRING' }

    for (const each of list(source.allOf)) merge(result, convert(each, within))
    const choices = [...list(source.anyOf), ...list(source.oneOf)].map((each) => convert(each, within))
    const [first, ...others] = choices.filter((each) => each.type !== 'NULL')
    if (first !== undefined && others.length === 0) merge(result, first)
    else if (first !== undefined) result.anyOf = [first, ...others]
    if (choices.some((each) => each.type === 'NULL')) result.nullable = true
    return result.anyOf === undefined ? result : aloneAnyOf(result)
  }

  return convert(schema, [])
}

/** `anyOf` takes nothing beside it on Vertex AI: what stood there goes into each alternative. */
function aloneAnyOf({ anyOf, ...beside }: Schema): Schema {
  return { anyOf: list(anyOf).map((each) => ({ ...beside, ...object(each) })) }
}

const KEPT = [
  ...['title', 'description', 'nullable', 'propertyOrdering', 'minItems', 'maxItems', 'minProperties', 'maxProperties'],
  ...['minimum', 'maximum', 'minLength', 'maxLength', 'pattern', 'example'],
]

const FORMATS = new Set(['date-time', 'enum', 'float', 'double', 'int32', 'int64'])

/** `type`, which may be a list in JSON Schema; types beside each other are alternatives. */
function types(source: Schema): Schema {
  const all = [source.type].flat().filter((type) => typeof type === 'string')
  const [first, ...others] = all.filter((type) => type !== 'null').map((type) => type.toUpperCase())
  if (first === undefined) return all.length > 0 ? { type: 'NULL' } : {}
  const nullable = all.includes('null') ? { nullable: true } : {}
  return others.length > 0
    ? { anyOf: [first, ...others].map((type) => ({ type })), ...nullable }
    : { type: first, ...nullable }
}

/** `enum` and `const`; only strings can be listed, of other values the type is kept. */
function values(source: Schema): Schema {
  const all = source.const === undefined ? list(source.enum) : [source.const]
  if (all.length === 0) return {}
  const some = all.filter((value) => value !== null)
  const nullable = some.length < all.length ? { nullable: true } : {}
  if (some.length > 0 && some.every((value) => typeof value === 'string')) {
    return { type: 'STRING', enum: some, ...nullable }
  }
  const kind = JSON_TYPES[typeof some[0]]
  return source.type === undefined && kind !== undefined ? { type: kind, ...nullable } : nullable
}

const JSON_TYPES: Partial<Record<string, string>> = { number: 'NUMBER', boolean: 'BOOLEAN' }

function merge(target: Schema, source: Schema): void {
  const properties = { ...object(target.properties), ...object(source.properties) }
  const required = [...new Set([...list(target.required), ...list(source.required)])]
  Object.assign(target, source)
  if (Object.keys(properties).length > 0) target.properties = properties
  if (required.length > 0) target.required = required
}
