import { anthropic } from './anthropic.ts'
import { bedrock, bedrockInvoke } from './bedrock.ts'
import { cohere, cohereV1 } from './cohere.ts'
import { google, vertexAi } from './gemini.ts'
import { azureOpenai, groq, mistralAi, openai, togetherAi } from './openai-family.ts'
import type { System } from './system.ts'

/** The nine systems; those with two platforms or two APIs stand here twice. */
export const SYSTEMS: Readonly<Record<string, System>> = {
  openai,
  'azure-openai': azureOpenai,
  groq,
  'together-ai': togetherAi,
  'mistral-ai': mistralAi,
  anthropic,
  google,
  'vertex-ai': vertexAi,
  cohere,
  'cohere v1': cohereV1,
  bedrock,
  'bedrock invoke': bedrockInvoke,
}
