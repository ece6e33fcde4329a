import type { Provider } from '../types/provider.ts'
import { anthropic } from './anthropic.ts'
import { azureOpenai } from './azure-openai.ts'
import { bedrock } from './bedrock.ts'
import { cohere } from './cohere.ts'
import { google } from './gemini.ts'
import { groq } from './groq.ts'
import { mistralAi } from './mistral-ai.ts'
import { openai } from './openai.ts'
import { togetherAi } from './together-ai.ts'
import { vertexAi } from './vertex-ai.ts'

/** The providers by the name that configs use. One line adds one. */
export const providers: Readonly<Record<string, Provider>> = {
  anthropic,
  'azure-openai': azureOpenai,
  bedrock,
  cohere,
  google,
  groq,
  'mistral-ai': mistralAi,
  openai,
  'together-ai': togetherAi,
  'vertex-ai': vertexAi,
}
