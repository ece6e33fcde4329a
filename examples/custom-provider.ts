/** Two providers that streamgate does not bring along: one like OpenAI, and one with a format of its own. */
import express, { type Express } from 'express'
import {
  apiError,
  type ChatRequest,
  inBandFailure,
  type Message,
  openaiCompatible,
  type Provider,
  parseJson,
  RequestError,
  streamgate,
} from '../lib/index.ts'

/** vLLM speaks OpenAI's format: a name and an address are all there is to tell. */
export const vllm = openaiCompatible({ name: 'vllm', baseUrl: 'http://127.0.0.1:8000/v1' })

/** Ollama's own API, text only. https://github.com/ollama/ollama/blob/main/docs/api.md#generate-a-chat-completion */
export const ollama: Provider = {
  name: 'ollama',
  framing: () => 'json-lines',

  encode(request, { apiKey, customHost = 'http://127.0.0.1:11434' }) {
    if (request.tools?.length) throw new RequestError('ollama: tools are not supported here.', { param: 'tools' })
    return {
      url: new URL(`${customHost}/api/chat`),
      headers: {
        'content-type': 'application/json',
        accept: 'application/x-ndjson',
        ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
      },
      body: JSON.stringify({
        model: request.model,
        stream: true,
        messages: request.messages.map(({ role, content }) => ({ role, content: textOf(content) })),
        options: optionsOf(request),
      }),
    }
  },

  decoder: () =>
    function* ({ data }) {
      const line = parseJson<Line | null>(data)
      if (line?.error !== undefined) throw inBandFailure(apiError(500, String(line.error)))
      const text = line?.message?.content
      if (typeof text === 'string') yield { content: text }
      if (line?.done !== true) return
      const { done_reason, prompt_eval_count: prompt = 0, eval_count: completion = 0 } = line
      yield {
        finish: done_reason === 'length' ? 'length' : 'stop',
        usage: { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion },
        // The one sign that the answer is whole. Without it streamgate tries the next target.
        end: true,
      }
    },

  error: (status, body) => apiError(status, errorText(body) ?? `ollama answered with status ${status}.`),
}

/** What is read of a line; anything may be missing. */
interface Line {
  message?: { content?: unknown } | null
  done?: boolean
  done_reason?: string
  prompt_eval_count?: number
  eval_count?: number
  error?: unknown
}

function optionsOf({ max_completion_tokens, max_tokens, temperature, top_p, seed, stop }: ChatRequest) {
  return { num_predict: max_completion_tokens ?? max_tokens, temperature, top_p, seed, stop }
}

function textOf(content: Message['content']): string {
  if (typeof content === 'string') return content
  return (content ?? [])
    .map((part) => {
      if (part.type === 'text') return part.text
      throw new RequestError(`ollama: parts of type ${part.type} are not supported here.`, { param: 'messages' })
    })
    .join('')
}

function errorText(body: string): string | undefined {
  try {
    const { error } = JSON.parse(body)
    return typeof error === 'string' ? error : undefined
  } catch {
    return undefined
  }
}

/** The names given here are what `provider` may say in the config, beside the built-in ones. */
export function createApp(config: unknown): Express {
  return express().use('/v1', streamgate(config, { providers: { vllm, ollama } }))
}

if (process.argv[1] === import.meta.filename) {
  const { PORT = '8787' } = process.env
  const app = createApp({
    targets: [{ provider: 'vllm' }, { provider: 'ollama', override_params: { model: 'llama3.2' } }],
  })
  app.listen(Number(PORT), '127.0.0.1', () => console.log(`http://127.0.0.1:${PORT}/v1`))
}
