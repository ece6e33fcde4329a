import type { ResolvedSettings } from '../../config.ts'
import type { Demands } from '../../transforms/usable.ts'
import type { ChatRequest } from '../../types/chat.ts'

/** How the answer to this request can be used. */
export function demandsOf(
  { messages, response_format }: ChatRequest,
  { failOn }: Pick<ResolvedSettings, 'failOn'>,
): Demands {
  const format = response_format?.type
  return {
    failOn,
    json: format === 'json_object' || format === 'json_schema',
    afterToolResult: messages.at(-1)?.role === 'tool',
  }
}
