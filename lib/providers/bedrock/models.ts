/** Models that take the same requests; one without a row of its own is `other`. */
export type Family =
  | 'claude'
  | 'nova'
  | 'nova-2'
  | 'titan'
  | 'llama-3'
  | 'llama'
  | 'mistral'
  | 'mistral-text'
  | 'command-r'
  | 'gpt-oss'
  | 'openai'
  | 'chat'
  | 'other'

/** First match wins. The id may stand in an ARN and have a region before it: `…/us.anthropic.claude-…`. */
const FAMILIES: readonly (readonly [RegExp, Family])[] = [
  [/\banthropic\./, 'claude'],
  [/\bamazon\.nova-2/, 'nova-2'],
  [/\bamazon\.nova/, 'nova'],
  [/\bamazon\.titan-text/, 'titan'],
  [/\bmeta\.llama3/, 'llama-3'],
  [/\bmeta\.llama/, 'llama'],
  [/\bmistral\.(mistral-7b|mixtral|mistral-(small|large)-2402)/, 'mistral-text'],
  [/\bmistral\./, 'mistral'],
  [/\bcohere\.command-r/, 'command-r'],
  [/\bopenai\.gpt-oss/, 'gpt-oss'],
  [/\bopenai\./, 'openai'],
  [/\b(ai21\.jamba|deepseek\.v3|google\.|minimax\.|moonshot|nvidia\.|qwen\.|zai\.)/, 'chat'],
]

export function familyOf(model: string): Family {
  return FAMILIES.find(([pattern]) => pattern.test(model))?.[1] ?? 'other'
}

/**
 * Whether ConverseStream holds the model to a JSON schema; Claude's models are known to Anthropic's part.
 * Source: docs.aws.amazon.com/bedrock, structured output.
 */
export function enforcesSchema(model: string): boolean {
  return /gpt-oss|qwen3|deepseek\.v3|kimi-k2|minimax-m2|nemotron|gemma-3|magistral|ministral|mistral-large-3/.test(
    model,
  )
}
