/** One thing that is wrong. `path` is empty if it is the config as a whole. */
export interface Problem {
  readonly path: string
  readonly message: string
}

/** Takes down a problem, so that one look shows all of them. */
export type Report = (path: string, message: string) => void

/**
 * The config cannot be used. The message has one line, `path: what is wrong`, for each problem.
 *
 * @example
 * try {
 *   streamgate(JSON.parse(text))
 * } catch (error) {
 *   if (error instanceof ConfigError) for (const { path, message } of error.problems) console.error(path, message)
 * }
 */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  /** Behind a getter: Node prints an error's own members as well, and these stand in the message. */
  readonly #problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    super(problems.map(({ path, message }) => `${path || 'config'}: ${message}`).join('\n'))
    this.#problems = problems
  }

  get problems(): readonly Problem[] {
    return this.#problems
  }
}

/** No one reads further than this, and a hostile config must not keep the process busy with its mistakes. */
export const MAX_PROBLEMS = 100

/** Runs `read` with a report. Throws ConfigError if anything was reported. */
export function collectProblems<T>(read: (report: Report) => T): T {
  const problems: Problem[] = []
  const result = read((path, message) => {
    problems.push({ path, message })
    if (problems.length === MAX_PROBLEMS) throw new ConfigError(problems)
  })
  if (problems.length > 0) throw new ConfigError(problems)
  return result
}

/** The path of a key or an index below `path`: `targets[0].retry`, `override_params["my key"]`. */
export function at(path: string, key: string | number): string {
  if (typeof key === 'number') return `${path}[${key}]`
  if (!/^[a-z_$][\w$-]{0,39}$/i.test(key) || KEY_LIKE.test(key)) return `${path}[${quote(key)}]`
  return path === '' ? key : `${path}.${key}`
}

/**
 * A value as an error message may show it. Strings that are long or begin like an API key are described and not quoted,
 * since a key may have been pasted into the wrong place.
 */
export function show(value: unknown): string {
  if (typeof value === 'string' && value !== '') {
    return value.length > 24 ? `a string of ${value.length} characters` : quote(value)
  }
  return value === null || typeof value === 'number' || typeof value === 'boolean' ? String(value) : kind(value)
}

/** What sort of value it is, and nothing of the value itself. */
export function kind(value: unknown): string {
  if (value === undefined) return 'undefined (is an environment variable not set?)'
  if (value === null) return 'null'
  if (value === '') return 'an empty string'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

/** How the keys of known providers and cloud accounts begin. */
const KEY_LIKE = /^(sk|gsk|xai|tgp|hf|ghp)[-_]|^(AKIA|ASIA|AIza|ABSK|eyJ|ya29\.|bearer )/i

function quote(text: string): string {
  if (KEY_LIKE.test(text)) return 'something that looks like a key'
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text)
}
