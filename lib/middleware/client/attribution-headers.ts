import type { ResolvedTarget } from '../../config.ts'
import type { AttemptStart } from '../../options.ts'

/** The attempt that answers, or failed last. */
export interface Attribution {
  target: ResolvedTarget
  start: AttemptStart
  /** Attempts begun for the request so far, and how many of them were retries. */
  attempts: number
  retries: number
  /** Whether the client sent a header of Portkey's. */
  portkey: boolean
}

/** Headers that say who answered, and after how many attempts; for a client of Portkey's also under the names that it reads. */
export function attributionHeaders({ target, start, attempts, retries, portkey }: Attribution): Record<string, string> {
  const provider = headerText(start.provider)
  return {
    'x-streamgate-provider': provider,
    'x-streamgate-model': headerText(start.model),
    'x-streamgate-target': headerText(start.target),
    'x-streamgate-attempts': String(attempts),
    'x-streamgate-retries': String(retries),
    ...(portkey && {
      'x-portkey-provider': provider,
      'x-portkey-last-used-option-index': target.path === '' ? 'config' : `config.${target.path}`,
      'x-portkey-retry-attempt-count': String(retries),
    }),
  }
}

/** Characters of a model's or a target's name that go into a header. */
const MAX_TEXT = 256
const PLAIN = /^[!-~]([ -~]*[!-~])?$/

/** A text as a header's value: as it is in ASCII, else percent-encoded. A client chooses the model's name. */
function headerText(text: string): string {
  const start = text.slice(0, MAX_TEXT)
  return PLAIN.test(start) ? start : encodeURIComponent(start.toWellFormed())
}
