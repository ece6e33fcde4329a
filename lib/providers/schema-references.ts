import { RequestError } from '../errors.ts'
import { isObject, type Json } from './json.ts'
import { numberedNames } from './numbered-names.ts'

/** Keys that hold schemas by name. */
const NAMED: ReadonlySet<string> = new Set([
  'properties',
  'patternProperties',
  'dependentSchemas',
  '$defs',
  'definitions',
])
/** Keys that hold a schema or a list of schemas. */
const NESTED: ReadonlySet<string> = new Set([
  ...['items', 'prefixItems', 'additionalItems', 'additionalProperties', 'unevaluatedProperties', 'propertyNames'],
  ...['anyOf', 'oneOf', 'allOf', 'not', 'if', 'then', 'else', 'contains'],
])

/** More parts come only from references that multiply each other. */
const MAX_PARTS = 100_000

/** Counts the parts of all that is made of one schema. Throws RequestError if they are too many. */
export function partCounter(): () => void {
  let parts = 0
  return () => {
    parts += 1
    if (parts > MAX_PARTS) throw new RequestError('A JSON schema of the request is too large.')
  }
}

/** The schema with each of its parts, from the inside out, as `change` makes it. */
export function mappedSchema(schema: Json, change: (part: Json) => Json, count = partCounter()): Json {
  const one = (value: unknown): unknown => {
    count()
    if (Array.isArray(value)) return value.map(one)
    return isObject(value) ? change(inside(value)) : value
  }
  const inside = (part: Json): Json =>
    Object.fromEntries(
      Object.entries(part).map(([key, value]) => {
        if (NESTED.has(key)) return [key, one(value)]
        return [key, NAMED.has(key) && isObject(value) ? named(value) : value]
      }),
    )
  const named = (schemas: Json): Json =>
    Object.fromEntries(Object.entries(schemas).map(([name, each]) => [name, one(each)]))
  return change(inside(schema))
}

/**
 * The schema with all that it refers to under `$defs` of its root: `definitions`, and paths into itself. `#` stays. What leads
 * nowhere, or out of the schema, allows anything.
 */
export function withLocalDefinitions(schema: Json): Json {
  if (!mentionsReferences(schema)) return schema
  const count = partCounter()
  const names = new Map<string, string>()
  const definitions = new Map<string, Json>()
  const freeName = numberedNames(
    (name) => definitions.has(name),
    (base, number) => `${base}_${number}`,
  )

  const local = (part: Json): Json => {
    const { $ref, ...rest } = withoutDefinitions(part)
    if (typeof $ref !== 'string') return rest
    if ($ref === '#') return { ...rest, $ref }
    const name = nameOf($ref)
    return name === undefined ? rest : { ...rest, $ref: `#/$defs/${escaped(name)}` }
  }

  const nameOf = (ref: string): string | undefined => {
    const known = names.get(ref)
    if (known !== undefined) return known
    const target = resolved(schema, ref)
    if (!isObject(target)) return undefined
    const name = freeName(decoded(ref.slice(ref.lastIndexOf('/') + 1)) || 'part')
    names.set(ref, name)
    definitions.set(name, {})
    definitions.set(name, mappedSchema(withoutDefinitions(target), local, count))
    return name
  }

  const root = mappedSchema(withoutDefinitions(schema), local, count)
  return definitions.size === 0 ? root : { ...root, $defs: Object.fromEntries(definitions) }
}

/** The schema with what it refers to in place of the references; those that lead back into themselves end in any object. */
export function withoutReferences(schema: Json): Json {
  if (!mentionsReferences(schema)) return schema
  const count = partCounter()
  const within =
    (open: readonly string[]) =>
    (part: Json): Json => {
      const { $ref, ...rest } = withoutDefinitions(part)
      if (typeof $ref !== 'string') return rest
      const target = resolved(schema, $ref)
      if (!isObject(target)) return rest
      if (open.includes($ref)) return { type: 'object', ...rest }
      return { ...mappedSchema(withoutDefinitions(target), within([...open, $ref]), count), ...rest }
    }
  return mappedSchema(withoutDefinitions(schema), within([]), count)
}

/** Whether a key of that name stands anywhere; more than that it costs too much to know. */
function mentionsReferences(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(
    ([key, each]) => key === '$ref' || key === '$defs' || key === 'definitions' || mentionsReferences(each),
  )
}

function withoutDefinitions({ $defs: _, definitions: __, ...rest }: Json): Json {
  return rest
}

/** A part of the schema by a local reference such as `#/$defs/Name`; undefined if it leads nowhere, or out of the schema. */
export function resolved(root: unknown, ref: string): unknown {
  if (!ref.startsWith('#')) return undefined
  const path = ref.slice(1).split('/')
  // `#Name` is an anchor, which we do not look for.
  if (path[0] !== '') return undefined
  return path.slice(1).reduce<unknown>((at, key) => {
    const name = decoded(key)
    return typeof at === 'object' && at !== null && Object.hasOwn(at, name) ? (at as Json)[name] : undefined
  }, root)
}

/** Source: RFC 6901, section 6. */
function decoded(key: string): string {
  const plain = key.replaceAll('~1', '/').replaceAll('~0', '~')
  try {
    return decodeURIComponent(plain)
  } catch {
    return plain
  }
}

function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}
