import { parseJson } from '../../../errors.ts'
import type {
  ApiError,
  Decoder,
  HttpRequest,
  NativeEvent,
  NativePassage,
  NativeRequest,
  WireEvent,
} from '../../../types/provider.ts'
import { object, text } from '../../json.ts'
import { itemKind } from './items.ts'
import { hasNoResponses } from './which-api.ts'

/** Parameters of Chat Completions that a config may override. A request with one of them is translated, so that it counts. */
const OF_CHAT = [
  ...['messages', 'max_tokens', 'max_completion_tokens', 'reasoning_effort', 'response_format', 'stop', 'seed', 'n'],
  ...['presence_penalty', 'frequency_penalty', 'logit_bias', 'logprobs', 'web_search_options', 'verbosity'],
  ...['modalities', 'prediction'],
]

/** The body as the client wrote it, as a stream where there is one. Undefined if it holds words of another API. */
export function nativeBody(
  { dialect, body }: NativeRequest,
  model: string,
  stream: boolean,
): Record<string, unknown> | undefined {
  if (dialect !== 'responses' || OF_CHAT.some((name) => body[name] != null)) return undefined
  return { ...body, model, stream }
}

/** The way of a request of the Responses API past the translations. */
export function responsesPassage(
  { portable }: NativeRequest,
  encode: () => HttpRequest,
  decoder: () => Decoder,
): NativePassage {
  return {
    encode,
    decoder,
    read: eventReader(),
    readWhole: wholeResponse,
    otherApi: (failure: ApiError) => (hasNoResponses(failure) ? 'chat' : undefined),
    ...(portable !== undefined && { refusesForeign }),
  }
}

/** In OpenAI's and Azure's words. */
const NOT_KEPT = /\b(item|previous response) with id\b.{0,200}\bnot found/i
const SEALED = /encrypted content .{0,500}could not be/i

function refusesForeign({ code, message }: ApiError): boolean {
  const words = message.slice(0, 2000)
  return code === 'invalid_encrypted_content' || SEALED.test(words) || NOT_KEPT.test(words)
}

function wholeResponse({ data }: WireEvent): NativeEvent {
  const response = object(parseJson(data))
  const event = response.status === 'incomplete' ? 'response.incomplete' : 'response.completed'
  return { event, data: JSON.stringify({ type: event, response }), goes: 'with-terminal', opaque: false }
}

/** Reads the events of one stream, in order. */
function eventReader(): (event: WireEvent) => NativeEvent | undefined {
  /** Whether the end of a part waits for what comes next. */
  let ending = false
  return ({ event: name, data }) => {
    if (data.trim() === '[DONE]') return undefined
    const event = typeOf(name, data)
    // openai-node throws on an event of another API.
    if (!OF_THIS_API.test(event)) return undefined
    // It must not let an end go that waits.
    if (event === 'keepalive') return { event, data, goes: ending ? 'with-next' : 'at-once', opaque: false }
    ending = event.endsWith('.done')
    if (TERMINALS.has(event)) return { event, data, goes: 'with-terminal', opaque: false }
    if (event !== 'response.output_item.added')
      return { event, data, goes: ending ? 'with-next' : 'at-once', opaque: false }
    const kind = itemKind(object(object(parseJson(data)).item), 'responses')
    return { event, data, goes: kind === 'call' ? 'with-terminal' : 'at-once', opaque: kind === 'own step' }
  }
}

/** What the data says: the name beside it may be missing, or another. */
function typeOf(name: string | undefined, data: string): string {
  const isNamed = name !== undefined && (data.includes(`"type":"${name}"`) || data.includes(`"type": "${name}"`))
  return isNamed && NAMED.test(name) ? name : text(object(parseJson(data)).type)
}

/** No type of an item or a part, which stand in the data, too. */
const NAMED = /^(response\.[a-z_.]+|keepalive)$/
const OF_THIS_API = /^(response\.|keepalive$|error$)/
const TERMINALS: ReadonlySet<string> = new Set([
  'response.completed',
  'response.incomplete',
  'response.failed',
  'error',
])
