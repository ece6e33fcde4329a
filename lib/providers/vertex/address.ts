import { RequestError } from '../../errors.ts'
import type { Endpoint } from '../../types/provider.ts'
import { pathOf } from '../path.ts'

/** `…/projects/P/locations/L`, with the project and the region of the target. Throws RequestError without a project. */
export function locationUrl({ customHost, fields }: Endpoint, version: string, path: string): URL {
  const { vertex_project_id: project, vertex_region: region = 'global' } = fields
  if (project === undefined) {
    const message = 'Models of other publishers on Vertex AI need a project: set vertex_project_id.'
    throw new RequestError(message, { code: 'invalid_config' })
  }
  const base = customHost ?? `https://${vertexHost(region)}`
  return new URL(`${base}/${version}/${pathOf(['projects', project, 'locations', region])}/${path}`)
}

export function vertexHost(region: string): string {
  if (!/^[a-z0-9-]+$/i.test(region)) throw new RequestError(`'${region}' is not a region of Vertex AI.`)
  if (region === 'global') return 'aiplatform.googleapis.com'
  if (region === 'us' || region === 'eu') return `aiplatform.${region}.rep.googleapis.com`
  return `${region}-aiplatform.googleapis.com`
}

/** `publishers/P/models/M:method`. */
export function modelPath(publisher: string, name: string, method: string): string {
  return `${pathOf(['publishers', publisher, 'models', name])}:${method}`
}

export function bearer({ apiKey }: Endpoint): Record<string, string> {
  return apiKey ? { authorization: `Bearer ${apiKey}` } : {}
}
