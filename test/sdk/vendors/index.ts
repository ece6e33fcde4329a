import { anthropic } from './anthropic.ts'
import { bedrock, bedrockInvoke } from './bedrock.ts'
import { cohere, cohereV1 } from './cohere.ts'
import { google, vertexAi } from './gemini.ts'
import { azureOpenai, groq, mistralAi, openai, togetherAi } from './openai-family.ts'
import type { Vendor } from './vendor.ts'

interface Proof {
  ask: Vendor
  /** The reasons for the end of a text and of a call. */
  finish: [string, string]
}

/** By the name of the system. */
export const VENDORS: Readonly<Record<string, Proof>> = {
  openai: { ask: openai, finish: ['stop', 'tool_calls'] },
  'azure-openai': { ask: azureOpenai, finish: ['stop', 'tool_calls'] },
  groq: { ask: groq, finish: ['stop', 'tool_calls'] },
  'together-ai': { ask: togetherAi, finish: ['eos', 'tool_calls'] },
  'mistral-ai': { ask: mistralAi, finish: ['stop', 'tool_calls'] },
  anthropic: { ask: anthropic, finish: ['end_turn', 'tool_use'] },
  google: { ask: google, finish: ['STOP', 'STOP'] },
  'vertex-ai': { ask: vertexAi, finish: ['STOP', 'STOP'] },
  cohere: { ask: cohere, finish: ['COMPLETE', 'TOOL_CALL'] },
  'cohere v1': { ask: cohereV1, finish: ['COMPLETE', 'COMPLETE'] },
  bedrock: { ask: bedrock, finish: ['end_turn', 'tool_use'] },
  'bedrock invoke': { ask: bedrockInvoke, finish: ['end_turn', 'tool_use'] },
}
