import type { ChatRequest } from '../types/chat.ts'
import type { Note } from './adjustments.ts'
import { isFunctionTool } from './content.ts'
import { type Json, object, objects } from './json.ts'
import { eitherSchema, everySchema } from './schema-merge.ts'
import { partCounter, resolved, withLocalDefinitions } from './schema-references.ts'

export type ObjectSchema = { type: 'object' } & Json

/**
 * The schema of a function's arguments as an object at its root, without alternatives there, for providers that take no other. The
 * properties of all branches are merged; of `anyOf` and `oneOf` only what all branches require is required, and the
 * description says what the branches were.
 */
export function objectRoot(schema: Json = NO_ARGUMENTS): ObjectSchema {
  const isPlain = BRANCHES.every((key) => schema[key] === undefined)
  if (isPlain) return { ...schema, type: 'object' }
  const { $defs, ...root } = withLocalDefinitions(schema)
  const merged = flat({ ...root, $defs }, root, 0, partCounter())
  return { ...merged, type: 'object', ...($defs !== undefined && { $defs }) }
}

/** The request with an object at the root of the arguments of all functions; those that have none are left without. */
export function withObjectRoots(request: ChatRequest, note: Note): ChatRequest {
  const tools = request.tools?.map((tool) => {
    const parameters = isFunctionTool(tool) ? tool.function.parameters : undefined
    if (!isFunctionTool(tool) || parameters === undefined || isObjectRoot(parameters)) return tool
    note('schemas')
    return { ...tool, function: { ...tool.function, parameters: { properties: {}, ...objectRoot(parameters) } } }
  })
  return tools?.some((tool, index) => tool !== request.tools?.[index]) ? { ...request, tools } : request
}

/** A schema without a word is taken for no arguments. */
function isObjectRoot(schema: Json): boolean {
  const isPlain = BRANCHES.every((key) => schema[key] === undefined)
  return isPlain && (schema.type === 'object' || Object.keys(schema).length === 0)
}

const NO_ARGUMENTS: Json = { type: 'object', properties: {} }

const BRANCHES = ['anyOf', 'oneOf', 'allOf', '$ref']

/** Of branches in branches; only a reference that leads back into itself has more. */
const MAX_DEPTH = 20

function flat(root: Json, schema: Json, depth: number, count: () => void): Json {
  count()
  const { anyOf, oneOf, allOf, $ref, ...own } = schema
  if (depth > MAX_DEPTH) return own
  const inner = (branch: Json) => flat(root, branch, depth + 1, count)
  const { $defs: _, ...target } = typeof $ref === 'string' ? object(resolved(root, $ref)) : {}
  const together = [...($ref === undefined ? [] : [target]), ...objects(allOf)].map(inner)
  const choices = [objects(anyOf), objects(oneOf)].map((choice) =>
    eitherSchema(choice.filter(({ type }) => type !== 'null').map(inner)),
  )
  return everySchema([own, ...together, ...choices])
}
