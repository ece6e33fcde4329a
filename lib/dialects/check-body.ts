import * as v from 'valibot'
import { RequestError } from '../errors.ts'

/** Throws RequestError with the path of what is wrong with a client's body, in the words of OpenAI's errors. */
export function checkBody(schema: v.GenericSchema, body: unknown): void {
  // Valibot takes an array for an object.
  // At the first: a body can hold millions of them.
  const result = v.safeParse(schema, Array.isArray(body) ? undefined : body, { abortEarly: true })
  if (!result.success) throw invalid(result.issues[0])
}

function invalid(issue: v.BaseIssue<unknown>): RequestError {
  const param = (issue.path ?? []).reduce(
    (path, { key }) => (typeof key === 'number' ? `${path}[${key}]` : path === '' ? String(key) : `${path}.${key}`),
    '',
  )
  if (param === '') return new RequestError('The request body must be a JSON object.')
  if (issue.input === undefined) {
    return new RequestError(`Missing required parameter: '${param}'.`, { param, code: 'missing_required_parameter' })
  }
  return new RequestError(`Invalid value for '${param}': ${issue.message}.`, { param, code: 'invalid_value' })
}
