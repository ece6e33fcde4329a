import { readFileSync } from 'node:fs'
import stripJsonComments from 'strip-json-comments'
import { ConfigError, parseConfig, type ResolvedConfig, type ResolvedTarget } from '../config.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** The config in a file, its variables filled in. Throws ConfigError, which lists all that is wrong. */
export function readConfig(file: string, environment: Environment): unknown {
  const { json, problems } = surveyConfig(file, environment)
  if (problems.length > 0) throw new ConfigError(problems)
  return json
}

/** What a file has of a config, right or wrong. */
export interface Survey {
  /** The variables are filled in. */
  json: unknown
  /** Undefined if there are problems. */
  config: ResolvedConfig | undefined
  /** Those that could be resolved, also where others could not. */
  targets: ResolvedTarget[]
  /** The variables that were found. */
  names: string[]
  problems: Problem[]
}

type Problem = ConfigError['problems'][number]

/** The same without a throw, for who wants to know all. */
export function surveyConfig(file: string, environment: Environment): Survey {
  try {
    return survey(parse(read(file)), environment)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return { json: undefined, config: undefined, targets: [], names: [], problems: [...error.problems] }
  }
}

function survey(text: unknown, environment: Environment): Survey {
  const { filled, names, problems } = fill(text, environment)
  // Where a variable is missing, its name is what is wrong, and not the text that stands in its place.
  const missing = new Set(problems.map(({ path }) => path))
  const targets: ResolvedTarget[] = []
  const found = { json: filled, targets, names }
  try {
    const config = parseConfig(filled, { onTarget: (target) => targets.push(target) })
    return { ...found, config: problems.length > 0 ? undefined : config, problems }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const others = error.problems.filter(({ path }) => !missing.has(path))
    return { ...found, config: undefined, problems: [...problems, ...others] }
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw problem(`cannot be read: ${(error as Error).message}`)
  }
}

function parse(text: string): unknown {
  try {
    // Some editors begin a file with a mark that JSON does not know.
    return JSON.parse(stripJsonComments(text.replace(/^\uFEFF/, ''), { trailingCommas: true }))
  } catch (error) {
    // Some of these messages quote the text, keys and all.
    const reason = (error as Error).message.replace(/, (\.\.\.)?".*$/s, '')
    throw problem(`is not valid JSON: ${reason}`)
  }
}

function problem(message: string): ConfigError {
  return new ConfigError([{ path: '', message }])
}

/** Puts the environment's values in place of `$NAME` and `${NAME}` in all strings. Throws ConfigError for unset ones. */
export function fillIn(config: unknown, environment: Environment): unknown {
  const { filled, problems } = fill(config, environment)
  if (problems.length > 0) throw new ConfigError(problems)
  return filled
}

export interface Filled {
  /** The config; where a variable is not set its text stands as it was. */
  filled: unknown
  /** The variables that were found, each once. */
  names: string[]
  problems: Problem[]
}

/** The same without a throw. */
export function fill(config: unknown, environment: Environment): Filled {
  const names = new Set<string>()
  const problems: Filled['problems'] = []

  const walk = (value: unknown, path: string, level: number): unknown => {
    if (typeof value === 'string') return replace(value, path)
    if (typeof value !== 'object' || value === null) return value
    if (level === MAX_LEVELS) {
      problems.push({ path, message: `is nested too deep, at most ${MAX_LEVELS} levels` })
      return undefined
    }
    if (Array.isArray(value)) return value.map((item, index) => walk(item, `${path}[${index}]`, level + 1))
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, walk(item, path === '' ? key : `${path}.${key}`, level + 1)]),
    )
  }
  const replace = (text: string, path: string) =>
    text.replace(VARIABLE, (match: string, dollar?: string, braced?: string, plain?: string) => {
      if (dollar !== undefined) return dollar
      const name = braced ?? plain ?? ''
      const known = Object.hasOwn(environment, name) ? environment[name] : undefined
      if (known === undefined) problems.push({ path, message: `the environment variable ${name} is not set` })
      else names.add(name)
      return known ?? match
    })

  const filled = walk(config, '', 0)
  return { filled, names: [...names], problems }
}

/** More than any config that is taken. */
const MAX_LEVELS = 200

/** `$$`, `${NAME}` or `$NAME`; a dollar before anything else, as in a price or a regular expression, is one. */
const VARIABLE = /\$(?:(\$)|\{([^}]*)\}|([A-Za-z_]\w*))/g
