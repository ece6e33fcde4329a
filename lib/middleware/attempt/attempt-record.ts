import type { UpstreamError } from '../../errors.ts'
import type { AttemptEnd, AttemptStart, ResponseInfo, Resumed } from '../../options.ts'
import type { Chunk, Usage } from '../../types/chunk.ts'
import { failureInfo } from '../outcome.ts'
import type { AttemptReport } from '../request-context.ts'
import { providerRequestId } from './response/response-headers.ts'

/** What an attempt goes through, in this order. */
export type AtWork = 'credentials' | 'request' | 'provider' | 'transforms'

/** What one attempt has come to, noted as it goes. */
export class AttemptRecord {
  readonly #startedAt = performance.now()
  readonly #timings: AttemptEnd['timings'] = { total: 0 }
  #chunks = 0
  #characters = 0
  #ending: ResponseInfo | undefined
  /** What is at work, and to blame for what goes wrong now. */
  atWork: AtWork = 'credentials'
  /** The answer's headers that go back to the client. */
  headers: Record<string, string> = {}
  /** What no error message may quote. */
  secrets: readonly (string | undefined)[] = []
  /** Whether the target was asked with the client's own key. */
  clientKey = false
  /** The provider's last total. */
  usage: () => Usage | undefined = () => undefined
  resumed: Resumed | undefined

  /** It has come this far. */
  reached(milestone: 'connected' | 'headers'): void {
    this.#timings[milestone] ??= performance.now() - this.#startedAt
  }

  content(characters: number): void {
    this.#timings.firstContent ??= performance.now() - this.#startedAt
    this.#characters += characters
  }

  chunk(): void {
    this.#chunks += 1
  }

  /** A chunk has a finish reason. */
  ending({ id, model, choices }: Chunk): void {
    const reasons = choices.flatMap(({ finish_reason }) => finish_reason ?? [])
    this.#ending = { id, model, finishReasons: [...(this.#ending?.finishReasons ?? []), ...reasons] }
  }

  /** The end of it; `error` undefined: the answer is whole. */
  report(start: AttemptStart, error: UpstreamError | undefined, left: boolean): AttemptReport {
    this.#timings.total = performance.now() - this.#startedAt
    const failed = error !== undefined
    return {
      ...start,
      outcome: failed && left ? 'aborted' : failed ? 'failed' : 'whole',
      failure: error && failureInfo(error),
      timings: this.#timings,
      chunks: this.#chunks,
      characters: this.#characters,
      usage: this.usage(),
      providerRequestId: providerRequestId(this.headers),
      response: this.#ending,
      resumed: this.resumed,
      startedAt: this.#startedAt,
      error,
      clientKey: this.clientKey,
    }
  }
}
