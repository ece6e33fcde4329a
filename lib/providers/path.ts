import { RequestError } from '../errors.ts'

/** The segments as a path, each encoded. Throws RequestError for those that a URL would take for a way up, or for nothing. */
export function pathOf(segments: readonly string[]): string {
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..')) {
    throw new RequestError(`'${segments.join('/')}' names no model.`, { param: 'model' })
  }
  return segments.map(encodeURIComponent).join('/')
}
