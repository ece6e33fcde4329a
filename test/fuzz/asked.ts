/** What a target is asked. */
export interface Asked {
  /** The text that it is to go on with; undefined: it is asked for an answer from the beginning. */
  prefix: string | undefined
  /** Whether it is asked to repeat the last words first. */
  instructed: boolean
}

/** By which the config asks to go on. */
export const INSTRUCTION = 'Repeat the last words exactly and go on.'

interface Turn {
  role: string
  content?: unknown
  parts?: unknown
  message?: unknown
}

/** Reads it from a request's body, in whatever dialect. */
export function asked(body: string): Asked {
  const request = JSON.parse(body) as Record<string, Turn[] | undefined>
  const given = request.messages ?? request.contents ?? request.chat_history ?? request.input
  // The Responses API takes a text, too.
  const turns = Array.isArray(given) ? given : []
  const last = turns.findLast((turn) => !JSON.stringify(turn).includes(INSTRUCTION))
  const begun = last !== undefined && ['assistant', 'model', 'CHATBOT'].includes(last.role)
  return {
    prefix: begun ? textIn(last.content ?? last.parts ?? last.message) : undefined,
    instructed: body.includes(INSTRUCTION),
  }
}

function textIn(content: unknown): string {
  if (typeof content === 'string') return content
  return (content as { text?: string }[]).map(({ text }) => text ?? '').join('')
}
