import { isObject, type Json, list, object } from './json.ts'

/** A schema that fits what fits both; of keywords that cannot be joined the first one's stand. */
export function bothSchemas(one: Json, other: Json): Json {
  const required = [...new Set([...list(one.required), ...list(other.required)])]
  // It closes the other's properties, not those of both.
  const { additionalProperties: _, ...rest } = other
  return {
    ...rest,
    ...one,
    ...propertiesOf([one, other], 'allOf'),
    ...(required.length > 0 && { required }),
    ...descriptionOf([one.description, other.description]),
  }
}

/** An object schema that fits what fits any of them, and in words, that one must fit. */
export function eitherSchema(branches: readonly Json[]): Json {
  const [first, ...others] = branches
  if (first === undefined || others.length === 0) return first ?? {}
  const required = list(first.required).filter((name) => others.every((each) => list(each.required).includes(name)))
  return {
    ...propertiesOf(branches, 'anyOf'),
    ...(required.length > 0 && { required }),
    ...descriptionOf([`The arguments must fit one of these JSON Schemas: ${JSON.stringify(branches)}`]),
  }
}

function propertiesOf(schemas: readonly Json[], key: 'allOf' | 'anyOf'): { properties?: Json } {
  const properties = new Map<string, unknown>()
  for (const [name, schema] of schemas.flatMap((each) => Object.entries(object(each.properties)))) {
    properties.set(name, properties.has(name) ? together(properties.get(name), schema, key) : schema)
  }
  return properties.size === 0 ? {} : { properties: Object.fromEntries(properties) }
}

function together(one: unknown, other: unknown, key: 'allOf' | 'anyOf'): unknown {
  if (JSON.stringify(one) === JSON.stringify(other)) return one
  const before = isObject(one) && Object.keys(one).length === 1 ? list(one[key]) : []
  return { [key]: [...(before.length > 0 ? before : [one]), other] }
}

export function descriptionOf(texts: readonly unknown[]): { description?: string } {
  const given = texts.filter((text) => typeof text === 'string' && text !== '')
  return given.length > 0 ? { description: given.join('\n\n') } : {}
}
