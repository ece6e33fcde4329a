import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { ownCallId } from '../../transforms/call-id.ts'
import type { NativeRequest } from '../../types/provider.ts'
import { isReference, type WholeInput } from './references.ts'
import type { Item, ResponsesBody } from './request-schema.ts'
import { isOurState } from './state.ts'

/** The client's headers that are a part of the dialect. */
const HEADERS = ['openai-beta', 'x-openai-internal-codex-responses-lite'] as const

/** The request as the client wrote it, but for what we wrote into its history, and what only we keep. */
export function nativeRequest(
  { input: _, previous_response_id: __, ...others }: ResponsesBody,
  { items, native: { input, previous_response_id: previous }, missing }: WholeInput,
  headers: IncomingHttpHeaders,
): NativeRequest {
  const own = Array.isArray(input) ? input.flatMap(withoutOurs) : input
  const isForeign = previous !== undefined || (Array.isArray(own) && own.some(isOfMaker))
  return {
    dialect: 'responses',
    ...(others.model != null && { asked: others.model }),
    body: Object.freeze({
      ...others,
      ...(own !== undefined && { input: own }),
      ...(previous !== undefined && { previous_response_id: previous }),
    }),
    headers: Object.fromEntries(
      HEADERS.flatMap((name) => (typeof headers[name] === 'string' ? [[name, headers[name]]] : [])),
    ),
    ...(isForeign &&
      missing === undefined && {
        portable: () => ({
          input: items.flatMap(withoutOurs).flatMap(withoutForeign),
          previous_response_id: undefined,
        }),
      }),
  }
}

/** Whether it means something to its maker alone, who keeps it by its id, or has sealed it. */
function isOfMaker(item: Item): boolean {
  return item.type === 'reasoning' || isReference(item)
}

/** Items that are the same without an id; by one, their maker looks for the thoughts that came before. */
const NAMELESS = /^(message|(function|custom_tool)_call(_output)?)$/

function withoutForeign(item: Item): readonly Item[] {
  const { id: _, ...nameless } = item
  if (isOfMaker(item)) return []
  return [NAMELESS.test(item.type ?? 'message') ? nameless : item]
}

/** Ids of items that we gave; OpenAI's are longer. */
const OUR_ID = /^(msg|rs|fc|ctc)_[0-9a-f]{36}$/

/** The same item if there is nothing of ours in it; none for thoughts of other makers' models. */
function withoutOurs(item: Item): readonly Item[] {
  const { id, call_id: packed } = item
  const isOurs = typeof id === 'string' && OUR_ID.test(id)
  if (item.type === 'reasoning' && isOurThought(item, isOurs)) return []
  const callId = typeof packed === 'string' ? idOfCall(packed) : packed
  if (!isOurs && callId === packed) return [item]
  const { id: _, ...rest } = item
  return [{ ...(isOurs ? rest : item), ...(callId !== undefined && { call_id: callId }) }]
}

/** In characters: OpenAI takes no longer ids of calls. Those of other makers' models can be. */
const LONGEST_ID = 64

function idOfCall(packed: string): string {
  const own = ownCallId(packed)
  return own.length > LONGEST_ID ? `call_${createHash('sha256').update(own).digest('hex').slice(0, 32)}` : own
}

function isOurThought({ encrypted_content: packed }: Item, isOurs: boolean): boolean {
  return packed == null ? isOurs : isOurState(packed)
}
