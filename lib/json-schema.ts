import { createRequire } from 'node:module'

/** Says what of a value breaks a schema; undefined if nothing does. */
export type Violation = (value: unknown) => string | undefined

/** The part of Ajv that is used here. */
interface Ajv {
  compile(
    schema: object,
  ): ((value: unknown) => boolean) & { errors?: readonly { instancePath: string; message?: string }[] | null }
}

/** Characters of a schema. A longer one is not looked at: it comes from a client, and to compile it takes its time. */
const LONGEST_SCHEMA = 64 * 1024

/** Ajv is an optional peer. A new one for each schema, since one client's may name what another's refers to. */
function newAjv(): Ajv {
  const { Ajv2020 } = createRequire(import.meta.url)('ajv/dist/2020.js') as { Ajv2020: new (options: object) => Ajv }
  return new Ajv2020({ strict: false, validateFormats: false, logger: false })
}

/** Whether the package `ajv` is installed. */
export function hasSchemaValidator(): boolean {
  try {
    newAjv()
    return true
  } catch {
    return false
  }
}

/** The check of a JSON Schema (2020-12); undefined for one that is too long or cannot be compiled. */
export function violationOf(schema: object): Violation | undefined {
  if (JSON.stringify(schema).length > LONGEST_SCHEMA) return undefined
  try {
    const validate = newAjv().compile(schema)
    return (value) => {
      if (validate(value)) return undefined
      const [error] = validate.errors ?? []
      return `${error?.instancePath || 'the value'} ${error?.message ?? 'is not valid'}`
    }
  } catch {
    return undefined
  }
}
