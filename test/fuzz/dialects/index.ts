import { anthropic, vertexClaude } from './anthropic.ts'
import { converse, invoke } from './bedrock.ts'
import { cohereV1, cohereV2 } from './cohere.ts'
import type { Dialect } from './dialect.ts'
import { geminiArray, geminiSse } from './gemini.ts'
import { openaiLike } from './openai.ts'
import { azureResponses, openaiResponses } from './responses.ts'

export const DIALECTS: readonly Dialect[] = [
  openaiLike('openai', { openai_api: 'chat' }),
  openaiLike('azure-openai', { deployment_id: 'd', api_version: '2024-10-21', openai_api: 'chat' }),
  openaiResponses,
  openaiLike('groq', { override_params: { model: 'llama-3.3-70b-versatile' } }, { prefill: true }),
  openaiLike('together-ai', {}),
  openaiLike('mistral-ai', { override_params: { model: 'mistral-large-latest' } }, { prefill: true }),
  anthropic('claude-3-5-haiku-20241022', true),
  anthropic('claude-opus-4-7', false),
  cohereV2,
  cohereV1,
  geminiSse('google', { provider: 'google' }),
  geminiSse('vertex-ai', { provider: 'vertex-ai', vertex_project_id: 'p', vertex_region: 'r' }),
  geminiArray,
  converse,
  invoke,
  vertexClaude,
  azureResponses,
]
