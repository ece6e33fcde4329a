import { existsSync, readFileSync } from 'node:fs'

/**
 * Bodies that the providers really sent. They are kept beside the checkout and are no part of this project: where they are
 * missing, what needs them is skipped.
 */
const CORPUS = new URL('../../../shared/corpus/', import.meta.url)

/** One body, as its index describes it. */
export interface Recording {
  readonly file: string
  readonly provider: string
  readonly model: string | null
  /** The address it came from. */
  readonly url: string
  readonly status: number
  readonly framing: 'sse' | 'json' | 'jsonl' | 'eventstream'
  readonly content_type: string | null
  /** What the request was about and what came back, in the index's own words. */
  readonly scenarios: readonly string[]
  readonly wire_quirks: readonly string[]
  /** The native reasons by which it ends. */
  readonly finish: readonly (string | number)[]
  readonly bytes: number
  /** The file of the request that it answers, where that is known. */
  readonly request?: string
  /** The sizes in which the body came from the network, where the recorder kept them. */
  readonly chunk_lengths?: readonly number[]
}

function indexIn(folder: string): Recording[] {
  const file = new URL(`${folder}index.json`, CORPUS)
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Recording[]) : []
}

/** OpenAI's other API has an index of its own. */
const RESPONSES = 'openai-responses/'

const index: readonly Recording[] = [
  ...indexIn(''),
  ...indexIn(RESPONSES).map(({ file, request, ...recording }) => ({
    ...recording,
    file: RESPONSES + file,
    ...(request !== undefined && { request: RESPONSES + request }),
    provider: 'openai responses',
    url: recording.url ?? '',
    wire_quirks: [],
    finish: [],
  })),
]

/** Whether the recordings are at hand. */
export const recorded = index.length > 0

export const errorBodies = index.filter(({ file }) => file.endsWith('.error.json'))
export const streams = index.filter(({ file }) => !/\.(error|response)\.json$/.test(file))

export function bytesOf({ file }: Recording): Buffer {
  return readFileSync(new URL(file, CORPUS))
}

/** The request that led to the recording, as it was sent; empty where it is not known. */
export function requestTextOf({ request }: Recording): string {
  return request === undefined ? '' : readFileSync(new URL(request, CORPUS), 'utf8')
}

/** A `describe` over recordings; without them, one skipped test that says why. */
export function describeRecorded(title: string, define: () => void): void {
  describe(title, () => {
    if (recorded) define()
    else it.skip('needs the recorded streams, which are not beside this checkout (../shared/corpus)')
  })
}
