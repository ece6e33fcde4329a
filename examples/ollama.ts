/**
 * A tenth provider in one file: Ollama's own API. It answers in JSON lines, tells tool calls whole, with objects for their
 * arguments, and errors as `{"error":"…"}`, also in the middle of a stream. Source: docs.ollama.com/api/chat.
 */

import type { ChatRequest } from '../lib/index.ts'
import {
  apiError,
  argumentsObject,
  type ChunkInit,
  dataUrl,
  droppedParams,
  inBandFailure,
  type Message,
  maxTokens,
  type Provider,
  parseJson,
  RequestError,
  stopList,
  textOf,
  type UserPart,
  type WireEvent,
  withInlineMedia,
} from '../lib/provider.ts'

/** For `providers: { ollama }` in the options; then a config may say `{ "provider": "ollama" }`. */
export const ollama: Provider = {
  name: 'ollama',
  framing: () => 'json-lines',

  async encode(request, endpoint) {
    const { apiKey, customHost = 'http://127.0.0.1:11434' } = endpoint
    const body = bodyOf(await withInlineMedia(request, endpoint))
    return {
      url: new URL(`${customHost}/api/chat`),
      headers: {
        'content-type': 'application/json',
        accept: 'application/x-ndjson',
        ...(apiKey && { authorization: `Bearer ${apiKey}` }),
      },
      body: JSON.stringify(body),
      dropped: droppedParams(request, { ...body, ...body.options }, RENAMED, 'same name'),
    }
  },

  decoder() {
    let calls = 0
    function* decode({ data }: WireEvent): Iterable<ChunkInit> {
      const line = parseJson<Line | null>(data) ?? {}
      if (line.error !== undefined) throw inBandFailure(apiError(500, String(line.error)))
      const { content, thinking, tool_calls } = line.message ?? {}
      if (typeof thinking === 'string') yield { reasoning: thinking }
      if (typeof content === 'string') yield { content }
      for (const call of Array.isArray(tool_calls) ? tool_calls : []) {
        const { name, arguments: args = {} } = call?.function ?? {}
        calls += 1
        yield { toolCalls: [{ key: calls, name: String(name ?? ''), arguments: JSON.stringify(args) }] }
      }
      if (line.done !== true) return
      const [prompt, completion] = [Number(line.prompt_eval_count) || 0, Number(line.eval_count) || 0]
      yield {
        // `load`, in answer to no messages at all, is a stop too.
        finish: line.done_reason === 'length' ? 'length' : 'stop',
        usage: { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion },
        // The one sign that the answer is whole. Without it streamgate tries the next target.
        end: true,
      }
    }
    return { decode }
  },

  error: (status, body) => apiError(status, errorText(body) ?? `ollama answered with status ${status}.`),
}

/** What is read of a line; anything may be missing, or of another type. */
interface Line {
  message?: { content?: unknown; thinking?: unknown; tool_calls?: Call[] } | null
  done?: unknown
  done_reason?: unknown
  prompt_eval_count?: unknown
  eval_count?: unknown
  error?: unknown
}
type Call = { function?: { name?: unknown; arguments?: unknown } | null } | null

const RENAMED = {
  max_tokens: ['num_predict'],
  max_completion_tokens: ['num_predict'],
  reasoning_effort: ['think'],
  response_format: ['format'],
}

/** Other models know only whether to think. */
const LEVELED = /gpt-oss.* (low|medium|high)$/

function bodyOf(request: ChatRequest) {
  const { model, tools, tool_choice: choice = 'auto', response_format: format, reasoning_effort: effort } = request
  const { temperature, top_p, top_k, seed, presence_penalty, frequency_penalty } = request
  if ((request.n ?? 1) > 1) throw refused('gives one answer a request', 'n')
  if (tools?.some(({ type }) => type !== 'function')) throw refused('has no custom tools', 'tools')
  if (choice !== 'auto' && choice !== 'none') throw refused('cannot be made to call a tool', 'tool_choice')
  const schema = format?.type === 'json_schema' ? format.json_schema.schema : undefined
  return {
    model,
    stream: true,
    messages: messagesOf(request.messages),
    tools: choice === 'none' ? undefined : tools,
    format: format === undefined || format.type === 'text' ? undefined : (schema ?? 'json'),
    think: effort && (LEVELED.test(`${model} ${effort}`) ? effort : effort !== 'none'),
    options: {
      num_predict: maxTokens(request),
      stop: stopList(request),
      ...{ temperature, top_p, top_k, seed, presence_penalty, frequency_penalty },
    },
  }
}

function messagesOf(messages: readonly Message[]): object[] {
  // Results name their function; OpenAI's tell only the id of the call.
  const names = new Map<string, string>()
  return messages.map((message) => {
    const content = textOf(message.content)
    switch (message.role) {
      case 'user':
        return { role: 'user', content, images: imagesOf(message.content) }
      case 'assistant': {
        const tool_calls = message.tool_calls?.map(({ id, function: called }) => {
          if (called === undefined) throw refused('has no custom tools', 'messages')
          names.set(id, called.name)
          return { function: { name: called.name, arguments: argumentsObject(called.arguments) } }
        })
        return { role: 'assistant', content, thinking: message.reasoning_content, tool_calls }
      }
      case 'tool':
        return { role: 'tool', content, tool_name: names.get(message.tool_call_id) }
      default:
        return { role: 'system', content }
    }
  })
}

function imagesOf(content: string | readonly UserPart[]): string[] | undefined {
  if (typeof content === 'string') return undefined
  return content.flatMap((part) => {
    if (part.type === 'text') return []
    const image = part.type === 'image_url' ? dataUrl(part.image_url.url) : undefined
    if (image === undefined) throw refused(`takes text and images, no ${part.type}`, 'messages')
    return image.data
  })
}

function refused(what: string, param: string): RequestError {
  return new RequestError(`ollama ${what}.`, { param, code: 'unsupported_value' })
}

function errorText(body: string): string | undefined {
  try {
    const { error } = JSON.parse(body)
    return typeof error === 'string' ? error : undefined
  } catch {
    return undefined
  }
}
