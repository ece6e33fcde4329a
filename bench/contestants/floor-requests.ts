import type { Dialect } from '../wire.ts'

/** As far as the work loads use it. */
export interface ChatBody {
  model: string
  stream?: boolean
  max_tokens?: number
  messages: {
    role: string
    content: string
    tool_call_id?: string
    tool_calls?: { id: string; function: { name: string; arguments: string } }[]
  }[]
  tools?: { function: { name: string; description: string; parameters: unknown } }[]
}

export interface NativeRequest {
  path: string
  headers: Record<string, string>
  body: unknown
}

export function nativeRequest(dialect: Dialect, request: ChatBody): NativeRequest {
  const { model, messages } = request
  const first = messages[0]?.content
  switch (dialect) {
    case 'openai':
      return {
        path: '/v1/chat/completions',
        headers: { authorization: 'Bearer key' },
        body: { ...request, stream: true, stream_options: { include_usage: true } },
      }
    case 'anthropic':
      return {
        path: '/v1/messages',
        headers: { 'x-api-key': 'key', 'anthropic-version': '2023-06-01' },
        body: anthropicBody(request),
      }
    case 'gemini':
    case 'gemini-array':
      return {
        path: `/v1beta/models/${model}:streamGenerateContent?alt=sse`,
        headers: { 'x-goog-api-key': 'key' },
        body: { contents: [{ role: 'user', parts: [{ text: first }] }] },
      }
    case 'cohere':
      return {
        path: '/v1/chat',
        headers: { authorization: 'Bearer key' },
        body: { model, message: first, stream: true },
      }
    case 'bedrock':
      return {
        path: `/model/${model}/converse-stream`,
        headers: { authorization: 'Bearer key' },
        body: { messages: [{ role: 'user', content: [{ text: first }] }] },
      }
  }
}

function anthropicBody({ model, messages, tools, max_tokens }: ChatBody): unknown {
  const system = messages
    .filter(({ role }) => role === 'system')
    .map(({ content }) => ({ type: 'text', text: content }))
  return {
    model,
    max_tokens: max_tokens ?? 4096,
    stream: true,
    ...(system.length > 0 && { system }),
    messages: messages
      .filter(({ role }) => role !== 'system')
      .map(({ role, content, tool_calls = [], tool_call_id }) => {
        if (role === 'tool')
          return { role: 'user', content: [{ type: 'tool_result', tool_use_id: tool_call_id, content }] }
        const calls = tool_calls.map(({ id, function: { name, arguments: text } }) => {
          return { type: 'tool_use', id, name, input: JSON.parse(text) as unknown }
        })
        return { role, content: [...(content ? [{ type: 'text', text: content }] : []), ...calls] }
      }),
    ...(tools && {
      tools: tools.map(({ function: { name, description, parameters } }) => ({
        name,
        description,
        input_schema: parameters,
      })),
    }),
  }
}
