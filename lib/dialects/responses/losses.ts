import { RequestError } from '../../errors.ts'

/** What of a request has no form that other APIs know. */
export interface Losses {
  /** Leaves out what the answer can do without. The client is told its name. */
  drop(name: string): void
  /** Notes what the answer cannot do without; the first one counts. */
  refuse(message: string, param: string, code?: string): void
  /** The names, each once. */
  dropped(): string[]
  refusal(): RequestError | undefined
}

/** `refusal`: what is known beforehand. */
export function losses(refusal?: RequestError): Losses {
  const names = new Set<string>()
  let first = refusal
  return {
    drop: (name) => void names.add(name),
    refuse(message, param, code = 'unsupported_value') {
      first ??= new RequestError(message, { param, code })
    },
    dropped: () => [...names],
    refusal: () => first,
  }
}
