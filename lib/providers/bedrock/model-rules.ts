import type { ModelRow } from '../model-table.ts'

/** What the models of a row lack in Converse. */
type Lack = 'system' | 'stop' | 'streamed tools' | 'mixed turns' | 'any tool'

interface BedrockModelRow extends ModelRow {
  readonly lacks: readonly Lack[]
}

const FEATURES = 'docs.aws.amazon.com/bedrock/latest/userguide, supported models and features of Converse'

/** All rows that match count. */
export const BEDROCK_MODELS: readonly BedrockModelRow[] = [
  { models: /\bamazon\.titan-text/, lacks: ['system'], source: FEATURES, date: '2026-11-01' },
  { models: /\bmistral\.(mistral-7b|mixtral)/, lacks: ['system'], source: FEATURES, date: '2026-11-01' },
  { models: /\bgoogle\.gemma/, lacks: ['system'], source: 'ai.google.dev, Gemma prompt structure', date: '2026-11-01' },
  { models: /\bmeta\.llama/, lacks: ['streamed tools'], source: FEATURES, date: '2026-11-01' },
  {
    models: /\b(meta\.llama|mistral\.)/,
    lacks: ['mixed turns'],
    source: 'github.com/langchain-ai/langchain-aws/issues/141, github.com/browser-use/browser-use/issues/710',
    date: '2026-11-01',
  },
  {
    models: /\b(openai\.|qwen\.|deepseek\.)/,
    lacks: ['stop'],
    source: 'docs.aws.amazon.com, OpenAI models; github.com/langchain-ai/langchain-aws/issues/664',
    date: '2026-11-01',
  },
  {
    models: /^(?!.*\b(anthropic|amazon\.nova|mistral)\b)/,
    lacks: ['any tool'],
    source:
      'docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolChoice; github.com/langchain-ai/langchain-aws/issues/620',
    date: '2026-11-01',
  },
]

/** Whether the model is known to lack it; unknown models are taken to have everything. */
export function lacks(model: string, what: Lack): boolean {
  return BEDROCK_MODELS.some((row) => row.lacks.includes(what) && row.models.test(model))
}
