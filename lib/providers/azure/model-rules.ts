import type { ModelRow } from '../model-table.ts'

/** What deployments of a model's name refuse. */
export interface AzureModelRow extends ModelRow {
  readonly refuses: readonly string[]
  /** Whether `max_tokens` is the limit's name. */
  readonly olderLimit: boolean
  /** Whether instructions have the role `system` alone. */
  readonly systemOnly: boolean
}

/** Models of other makers in Azure AI Foundry: their servers are strict, and know none of OpenAI's newer parameters. */
export const FOUNDRY_MODELS: readonly AzureModelRow[] = [
  {
    models: /mistral|ministral|codestral|llama|phi-|cohere|command|deepseek|kimi|grok|qwen|glm|jais|mai-|gpt-oss|FW-/i,
    refuses: [
      ...['prompt_cache_key', 'prompt_cache_retention', 'prompt_cache_options', 'safety_identifier', 'store'],
      ...['service_tier', 'verbosity', 'prediction', 'moderation'],
    ],
    olderLimit: true,
    systemOnly: true,
    source: 'pydantic/pydantic-ai#6593, BerriAI/litellm#26322, zed-industries/zed#52000',
    date: '2026-06-01',
  },
]
