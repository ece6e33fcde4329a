import { chatCompletions } from '../../dialects/chat-completions.ts'
import type { Dialect } from '../../dialects/dialect.ts'
import { messages } from '../../dialects/messages.ts'
import { responses } from '../../dialects/responses.ts'

/** What a client of a recording speaks, by the names that the program takes. */
export const DIALECTS = { 'chat-completions': chatCompletions, messages, responses } satisfies Record<string, Dialect>

export type RecordedDialect = keyof typeof DIALECTS

/** Throws an Error that names those that there are. */
export function dialectNamed(name: string): RecordedDialect {
  if (Object.hasOwn(DIALECTS, name)) return name as RecordedDialect
  throw new Error(`--dialect must be one of ${Object.keys(DIALECTS).join(', ')}, got '${name}'`)
}
