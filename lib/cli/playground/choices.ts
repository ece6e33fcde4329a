import { RequestError } from '../../errors.ts'

/** The ways in which an emulated provider fails when it is told to. */
export const FAULTS = ['none', '429', '500', 'cut', 'stall', 'error', 'slow'] as const
export type Fault = (typeof FAULTS)[number]

/** The providers that can be emulated, with the model that each is asked for. */
export const MODELS = {
  openai: 'gpt-4o',
  anthropic: 'claude-sonnet-5',
  'azure-openai': 'gpt-4o',
  google: 'gemini-2.5-flash',
  cohere: 'command-a-03-2025',
  bedrock: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
  groq: 'llama-3.3-70b-versatile',
  'together-ai': 'meta-llama/Llama-3.3-70B-Instruct-Turbo',
  'mistral-ai': 'mistral-large-latest',
} as const
export type EmulatedProvider = keyof typeof MODELS

/** So many milliseconds a target that is told to stall or to be slow may be silent. No other has a deadline. */
export const PATIENCE_MS = 1_500

const MID_STREAM = ['continue,restart', 'continue', 'restart', 'error'] as const

/** What the page asks for: who answers, who fails how, and what becomes of a broken answer. */
export interface Choices {
  targets: readonly { provider: EmulatedProvider; fault: Fault }[]
  /** Rungs, with commas between them. */
  midStream: (typeof MID_STREAM)[number]
  /** Retries on each target. */
  retries: number
  /** After so many events of its stream a target is cut, stalls or sends an error. */
  after: number
  /** Whether every second target answers with words of its own, as real models do. */
  ownWords: boolean
}

const MOST_TARGETS = 4
const MOST_RETRIES = 2
const MOST_EVENTS = 99

/**
 * Reads `targets=openai:cut,anthropic&mid_stream=continue,restart&retries=0&after=8&words=same`; only `targets` must be there. Throws
 * RequestError.
 */
export function readChoices(query: URLSearchParams): Choices {
  const targets = (query.get('targets') ?? '').split(',')
  if (targets.length > MOST_TARGETS) throw refusal('targets', `must be ${MOST_TARGETS} at most`)
  return {
    targets: targets.map(readTarget),
    midStream: oneOf(MID_STREAM, query.get('mid_stream') ?? 'continue,restart', 'mid_stream'),
    retries: count(query.get('retries') ?? '0', 'retries', MOST_RETRIES),
    after: count(query.get('after') ?? '8', 'after', MOST_EVENTS),
    ownWords: oneOf(['same', 'own'], query.get('words') ?? 'same', 'words') === 'own',
  }
}

function readTarget(text: string): Choices['targets'][number] {
  const [provider = '', fault = 'none', ...rest] = text.split(':')
  if (rest.length > 0) throw refusal('targets', `must be PROVIDER or PROVIDER:FAULT, got '${text}'`)
  return {
    provider: oneOf(Object.keys(MODELS) as EmulatedProvider[], provider, 'targets'),
    fault: oneOf(FAULTS, fault, 'targets'),
  }
}

function oneOf<T extends string>(known: readonly T[], text: string, param: string): T {
  const found = known.find((each) => each === text)
  if (found === undefined) throw refusal(param, `must be one of ${known.join(', ')}, got '${text}'`)
  return found
}

function count(text: string, param: string, most: number): number {
  if (!/^\d{1,2}$/.test(text) || Number(text) > most) throw refusal(param, `must be a number from 0 to ${most}`)
  return Number(text)
}

function refusal(param: string, message: string): RequestError {
  return new RequestError(`${param}: ${message}.`, { param })
}
