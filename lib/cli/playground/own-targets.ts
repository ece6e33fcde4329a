import type { TargetConfig } from '../../config.ts'
import { type EmulatedProvider, MODELS } from './choices.ts'

/** For each provider the target that asks the real one for what the emulated one is asked for. */
export const OWN_TARGETS = {
  openai: { provider: 'openai', api_key: '$OPENAI_API_KEY', ...asksFor('openai') },
  anthropic: { provider: 'anthropic', api_key: '$ANTHROPIC_API_KEY', ...asksFor('anthropic') },
  'azure-openai': {
    provider: 'azure-openai',
    api_key: '$AZURE_OPENAI_API_KEY',
    resource_name: 'my-resource',
    deployment_id: MODELS['azure-openai'],
  },
  google: { provider: 'google', api_key: '$GOOGLE_API_KEY', ...asksFor('google') },
  cohere: { provider: 'cohere', api_key: '$COHERE_API_KEY', ...asksFor('cohere') },
  bedrock: {
    provider: 'bedrock',
    api_key: '$AWS_BEARER_TOKEN_BEDROCK',
    aws_region: 'us-east-1',
    ...asksFor('bedrock'),
  },
  groq: { provider: 'groq', api_key: '$GROQ_API_KEY', ...asksFor('groq') },
  'together-ai': { provider: 'together-ai', api_key: '$TOGETHER_API_KEY', ...asksFor('together-ai') },
  'mistral-ai': { provider: 'mistral-ai', api_key: '$MISTRAL_API_KEY', ...asksFor('mistral-ai') },
} satisfies Record<EmulatedProvider, TargetConfig>

function asksFor(provider: EmulatedProvider) {
  return { override_params: { model: MODELS[provider] } }
}
