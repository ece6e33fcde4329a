import { type ParseArgsConfig, parseArgs } from 'node:util'
import { nearest } from '../config/nearest.ts'

/** Node's `parseArgs`, whose error for an option that is not there names the one that was probably meant. */
export function parseArguments<const Config extends ParseArgsConfig>(
  config: Config,
): ReturnType<typeof parseArgs<Config>> {
  try {
    return parseArgs(config)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION') throw error
    const [, option = ''] = /^Unknown option '([^']+)'/.exec(message) ?? []
    throw new Error(`Unknown option '${option}'${didYouMean(option, Object.keys(config.options ?? {}), '--')}`)
  }
}

/** `, did you mean --port?`, or nothing. */
export function didYouMean(word: string, candidates: readonly string[], prefix = ''): string {
  const guess = nearest(word, candidates)
  return guess === undefined ? '' : `, did you mean ${prefix}${guess}?`
}
