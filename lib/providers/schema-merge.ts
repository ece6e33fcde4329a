import { isObject, type Json, list, object } from './json.ts'

/** A schema that fits what fits all of them; of keywords that cannot be joined the first one's stand. Linear. */
export function everySchema(schemas: readonly Json[]): Json {
  const [first = {}, ...others] = schemas
  const joined: Record<string, unknown> = { ...first }
  for (const other of others) {
    for (const key in other) if (!(key in joined) && !ITS_OWN.has(key)) joined[key] = other[key]
  }
  const required = new Set(schemas.flatMap((each) => list(each.required)))
  return {
    ...joined,
    ...propertiesOf(schemas, 'allOf'),
    ...(required.size > 0 && { required: [...required] }),
    ...descriptionOf(schemas.map((each) => each.description)),
  }
}

/** It closes the properties beside it, not those of all. */
const ITS_OWN: ReadonlySet<string> = new Set(['additionalProperties'])

/** An object schema that fits what fits any of them, and in words, that one must fit. */
export function eitherSchema(branches: readonly Json[]): Json {
  const [first, ...others] = branches
  if (first === undefined || others.length === 0) return first ?? {}
  const byOthers = others.map((each) => new Set(list(each.required)))
  const required = list(first.required).filter((name) => byOthers.every((names) => names.has(name)))
  return {
    ...propertiesOf(branches, 'anyOf'),
    ...(required.length > 0 && { required }),
    ...descriptionOf([`The arguments must fit one of these JSON Schemas: ${JSON.stringify(branches)}`]),
  }
}

function propertiesOf(schemas: readonly Json[], key: 'allOf' | 'anyOf'): { properties?: Json } {
  const properties = new Map<string, unknown[]>()
  for (const each of schemas) {
    for (const [name, schema] of Object.entries(object(each.properties))) {
      const known = properties.get(name)
      if (known === undefined) properties.set(name, [schema])
      else known.push(schema)
    }
  }
  if (properties.size === 0) return {}
  return { properties: Object.fromEntries(Array.from(properties, ([name, all]) => [name, together(all, key)])) }
}

function together(schemas: readonly unknown[], key: 'allOf' | 'anyOf'): unknown {
  const [first] = schemas
  if (schemas.length === 1) return first
  const same = JSON.stringify(first)
  const other = schemas.findIndex((each) => JSON.stringify(each) !== same)
  if (other === -1) return first
  const others = schemas.slice(other)
  const before = isObject(first) && Object.keys(first).length === 1 ? list(first[key]) : []
  return { [key]: [...(before.length > 0 ? before : [first]), ...others] }
}

export function descriptionOf(texts: readonly unknown[]): { description?: string } {
  const given = texts.filter((text) => typeof text === 'string' && text !== '')
  return given.length > 0 ? { description: given.join('\n\n') } : {}
}
