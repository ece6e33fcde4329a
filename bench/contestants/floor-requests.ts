import type { Dialect } from '../bodies/body.ts'

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
  const bearer = { authorization: 'Bearer key' }
  const chatBody = { ...request, stream: true, stream_options: { include_usage: true } }
  switch (dialect) {
    case 'openai':
    case 'groq':
    case 'together':
    case 'mistral':
      return { path: '/v1/chat/completions', headers: bearer, body: chatBody }
    case 'azure':
      return {
        path: `/openai/deployments/${model}/chat/completions?api-version=2024-10-21`,
        headers: { 'api-key': 'key' },
        body: chatBody,
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
      return { path: '/v2/chat', headers: bearer, body: { model, messages, stream: true } }
    case 'cohere-v1':
      return { path: '/v1/chat', headers: bearer, body: { model, message: first, stream: true } }
    case 'bedrock':
      return {
        path: `/model/${model}/converse-stream`,
        headers: bearer,
        body: { messages: [{ role: 'user', content: [{ text: first }] }] },
      }
    case 'bedrock-invoke':
      return {
        path: `/model/${model}/invoke-with-response-stream`,
        headers: bearer,
        body: { ...anthropicBody(request), anthropic_version: 'bedrock-2023-05-31' },
      }
  }
}

function anthropicBody({ model, messages, tools, max_tokens }: ChatBody): object {
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
