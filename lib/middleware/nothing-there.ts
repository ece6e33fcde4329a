import { nearest } from '../config/nearest.ts'
import { DIALECT_PATHS, dialectAt, dialectIn } from '../dialects/index.ts'
import { besideAt, besideIn, PATHS_BESIDE } from './beside/beside.ts'

const METHODS = ['POST', 'GET'] as const

const PATHS: readonly string[] = [...DIALECT_PATHS, ...PATHS_BESIDE]

/**
 * Says that nothing is served at this URL, and what is that was probably meant. `base`: what stands before all that is served, as
 * `/v1` in the program.
 */
export function nothingAt(method = 'GET', url = '', base = ''): string {
  const [path = ''] = url.split('?', 1)
  const hint = hintFor(method, path, base)
  return `There is nothing at ${method} ${path}.${hint === undefined ? '' : ` ${hint}`}`
}

function hintFor(method: string, path: string, base: string): string | undefined {
  const other = path.startsWith(`${base}/`)
    ? METHODS.find((each) => each !== method && isServed(each, path))
    : undefined
  if (other !== undefined) return `Use ${other}.`
  for (const each of METHODS) {
    const own = each === 'POST' ? (dialectIn(path)?.path ?? besideIn(each, path)) : besideIn(each, path)
    if (own !== undefined && own !== path && isServed(each, own)) return `Did you mean ${each} /v1${own}?`
    if (own === path && base !== '') return `Did you mean ${each} ${base}${own}?`
  }
  const meant = nearest(path.replace(/^\/v1(?=\/)/, ''), PATHS)
  const way = METHODS.find((each) => meant !== undefined && isServed(each, meant))
  return way && `Did you mean ${way} /v1${meant}?`
}

function isServed(method: string, path: string): boolean {
  return (method === 'POST' && dialectAt(path) !== undefined) || besideAt(method, path) !== undefined
}
