/** The JSON Schema of a `gateway.json`, made from the schema that checks it and the words of docs/config.md. */
import { readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { toJsonSchema } from '@valibot/to-json-schema'
import { configSchema, targetSchema } from '../lib/config/levels.ts'
import { comparison, queryEntries } from '../lib/config/query.ts'
import { FIELDS, OWN, REQUEST, SETTINGS, TARGET } from '../lib/config/schema.ts'
import { strategySchema } from '../lib/config/strategy-schemas.ts'

/** What is looked at of a schema here. */
interface Schema {
  description?: string | undefined
  properties?: Record<string, Schema> | undefined
  anyOf?: Schema[] | undefined
  allOf?: object[] | undefined
  $ref?: string | undefined
  $defs?: Record<string, Schema> | undefined
}

/** Checked by lib/config/strategy.ts. */
const GROUP_RULES = [
  implies(
    inMode('loadbalance'),
    has('targets', { contains: { not: has('weight', { const: 0 }) } }),
    has('targets', { items: { not: { required: ['weight'] } } }),
  ),
  implies(inMode('hedge'), has('targets', { minItems: 2 })),
]

/** Checked by lib/config/resolve.ts. */
const TOP_RULE = implies(has('keep_alive_before_commit', { const: true }), { required: ['keep_alive'] })

/** What may stand in a level, and is the same in each. */
const SHARED = Object.keys({ ...OWN, ...TARGET, ...SETTINGS, ...REQUEST, ...FIELDS })

export function configJsonSchema(): object {
  const { $defs = {}, ...config } = toJsonSchema(configSchema, {
    typeMode: 'input',
    // Checks by code have no form in JSON Schema; what can be said of them stands in metadata.
    errorMode: 'ignore',
    definitions: { target: targetSchema, strategy: strategySchema, query: queryEntries, comparison },
    // In a file any text may come from the environment: `$NAME` is as good as what the pattern asks for.
    overrideAction: ({ valibotAction, jsonSchema }) =>
      valibotAction.type === 'regex' ? { ...jsonSchema, pattern: `${jsonSchema.pattern}|\\$[A-Za-z_{]` } : undefined,
  }) as Schema
  const tops = config.anyOf ?? []
  for (const level of [...($defs.target?.anyOf ?? []), ...tops]) {
    for (const key of SHARED) share(level, key, $defs)
    if (level.properties?.targets) level.allOf = GROUP_RULES
  }
  for (const top of tops) top.allOf = [...(top.allOf ?? []), TOP_RULE]
  describe($defs, readFileSync(new URL('../docs/config.md', import.meta.url), 'utf8'))
  return { title: 'gateway.json of streamgate', ...config, $defs }
}

/** Moves what levels say of a key to one place. Some say another thing: cohere has versions of its own. */
function share({ properties = {} }: Schema, key: string, definitions: Record<string, Schema>): void {
  const property = properties[key]
  if (property === undefined) return
  definitions[key] ??= property
  if (isDeepStrictEqual(definitions[key], property)) properties[key] = { $ref: `#/$defs/${key}` }
}

/** Gives keys the words of their rows in the page's table. */
function describe(definitions: Record<string, Schema>, page: string): void {
  for (const [, path = '', meaning = '', fallback = ''] of page.matchAll(ROW)) {
    const [key = '', inner] = path.split('.')
    const holder = inner === undefined ? { properties: definitions } : definitions[key]
    for (const { properties = {} } of holder?.anyOf ?? [holder ?? {}]) {
      const property = properties[inner ?? key]
      if (property) property.description = fallback === '–' ? meaning : `${meaning}. Default: ${fallback}.`
    }
  }
}

/** `| key | meaning | default |` */
const ROW = /^\| `([\w.$]+)(?:\[\])?`.* \| (.+) \| (.+) \|$/gm

/** There is this key, and it is so. */
function has(key: string, schema: object): object {
  return { properties: { [key]: schema }, required: [key] }
}

function inMode(mode: string): object {
  return has('strategy', has('mode', { const: mode }))
}

// As `then: …` the linter takes it for a promise.
function implies(condition: object, then: object, otherwise: object = {}): object {
  return { if: condition, then, else: otherwise }
}
