import { existsSync, readFileSync } from 'node:fs'
import * as v from 'valibot'
import type { ChatRequest } from '../../types/chat.ts'
import type { Framing } from '../../types/provider.ts'
import { DIALECTS, type RecordedDialect } from './dialects.ts'

/**
 * What is kept beside a recorded body, in `NAME.meta.json`. The names are those of the index of a collection of recordings, so
 * that it can be an entry there.
 */
export interface Recording {
  /** The body's file. */
  file: string
  provider: string
  model: string
  url: string
  status: number
  content_type: string | null
  framing: string
  bytes: number
  /** The sizes in which the body came from the network. */
  chunk_lengths: number[]
  /** `cut`: the connection broke before the end of the body. */
  ended: 'end' | 'cut'
  /** The file of the request in the provider's own form. */
  request: string
  /** Of the target, as far as they change how the answer is read. */
  fields: Record<string, string>
  /** What was asked in OpenAI's form. */
  openai_request: ChatRequest
  /** What the client spoke. */
  dialect: RecordedDialect
  /** Whether the target spoke the same, and the request and the answer went past the translations. */
  native: boolean
  /** What the client asked, and those of its headers that belong to its dialect. Of chat completions `openai_request` says it. */
  client_request?: unknown
  client_headers?: Readonly<Record<string, string>>
  /** Values that may tell who asked are `***`. */
  request_headers: Record<string, string>
  response_headers: Record<string, string>
}

/** Each framing's name in an index, and the ending of its files. */
export const ENDINGS: Readonly<Record<Framing, string>> = {
  sse: 'sse',
  'json-lines': 'jsonl',
  'json-array': 'json',
  'aws-eventstream': 'eventstream',
}

const ENDING = /(\.error\.json|\.[a-z]+)$/

const KNOWN = v.partial(
  v.object({
    provider: v.string(),
    model: v.string(),
    status: v.number(),
    content_type: v.nullable(v.string()),
    ended: v.picklist(['end', 'cut']),
    fields: v.record(v.string(), v.string()),
    openai_request: v.looseObject({ model: v.string(), messages: v.array(v.looseObject({ role: v.string() })) }),
    dialect: v.picklist(Object.keys(DIALECTS) as RecordedDialect[]),
    native: v.boolean(),
    client_request: v.unknown(),
    client_headers: v.record(v.string(), v.string()),
  }),
)

/** What was noted beside a body; nothing if there is no such note, or one of another kind. */
export function noteBeside(file: string): v.InferOutput<typeof KNOWN> {
  const note = `${file.replace(ENDING, '')}.meta.json`
  if (!existsSync(note)) return {}
  try {
    const result = v.safeParse(KNOWN, JSON.parse(readFileSync(note, 'utf8')))
    return result.success ? result.output : {}
  } catch {
    return {}
  }
}
