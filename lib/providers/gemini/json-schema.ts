import { isObject, type Json, objects } from '../json.ts'
import { descriptionOf, everySchema } from '../schema-merge.ts'
import { mappedSchema, partCounter, resolved, withLocalDefinitions } from '../schema-references.ts'

/**
 * JSON Schema as `responseJsonSchema` and `parametersJsonSchema` take it: references lead to `$defs` and stand alone, lists of
 * values hold strings and numbers, `allOf` is merged. Source: @google/genai, `FunctionDeclaration.parametersJsonSchema`.
 */
export function jsonSchema(schema: unknown): unknown {
  if (!isObject(schema)) return schema
  const root = withLocalDefinitions(schema)
  const count = partCounter()

  const change =
    (open: readonly string[]) =>
    (part: Json): Json =>
      aloneReference(listedValues(withoutAllOf(part, open)))

  const withoutAllOf = ({ allOf, ...part }: Json, open: readonly string[]): Json => {
    const branches = objects(allOf)
    // One reference may stay one; of several only one could.
    const whole = branches.length > 1 ? branches.map((branch) => inPlace(branch, open)) : branches
    return everySchema([part, ...whole])
  }

  const inPlace = ({ $ref, ...branch }: Json, open: readonly string[]): Json => {
    const target = typeof $ref === 'string' && !open.includes($ref) ? resolved(root, $ref) : undefined
    if (typeof $ref !== 'string' || !isObject(target)) return branch
    const { $defs: _, ...rest } = target
    return everySchema([branch, mappedSchema(rest, change([...open, $ref]), count)])
  }

  return mappedSchema(root, change([]), count)
}

/** Beside a reference only keys with `$` may stand. */
function aloneReference(part: Json): Json {
  const { $ref, anyOf, ...rest } = part
  if ($ref === undefined || Object.keys(part).every((key) => key.startsWith('$'))) return part
  return anyOf === undefined ? { ...rest, anyOf: [{ $ref }] } : { ...rest, anyOf }
}

/** `const` and `enum`: of values that are no strings or numbers, their types. */
function listedValues({ const: only, enum: values = only === undefined ? undefined : [only], ...part }: Json): Json {
  if (!Array.isArray(values)) return part
  const listed = values.filter((value) => typeof value === 'string' || typeof value === 'number')
  if (listed.length === values.length) return { ...part, enum: values }
  const { type, description, ...rest } = part
  const alternatives = [
    ...(listed.length > 0 ? [{ ...typeOf(type), enum: listed }] : []),
    ...booleans(values.filter((value) => typeof value === 'boolean')),
    ...(values.includes(null) ? [{ type: 'null' }] : []),
    ...values.filter((value) => typeof value === 'object' && value !== null).map(exactly),
  ]
  const [first = {}, ...others] = alternatives
  if (others.length > 0) return { ...rest, ...descriptionOf([description]), anyOf: alternatives }
  return { ...rest, ...first, ...descriptionOf([description, first.description]) }
}

/** The types of strings and numbers among the given ones. */
function typeOf(type: unknown): Json {
  const types = [type].flat().filter((each) => each === 'string' || each === 'number' || each === 'integer')
  return types.length === 0 ? {} : { type: types.length === 1 ? types[0] : types }
}

function booleans(values: readonly boolean[]): Json[] {
  const both = new Set(values).size === 2
  return values.length === 0 ? [] : [{ type: 'boolean', ...(!both && { description: `Always ${values[0]}.` }) }]
}

function exactly(value: unknown): Json {
  return { type: Array.isArray(value) ? 'array' : 'object', description: `Exactly ${JSON.stringify(value)}.` }
}
