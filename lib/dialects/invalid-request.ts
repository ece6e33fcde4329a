import type * as v from 'valibot'
import { RequestError } from '../errors.ts'

/** The error that names the path of what is wrong with a body, as a client of any dialect reads it. */
export function invalidRequest(issue: v.BaseIssue<unknown>): RequestError {
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
