/**
 * OpenAI's word for the service tier that a provider says it served; undefined for a tier that OpenAI has no word for, which
 * strict clients refuse. Source: `ChatCompletion.service_tier` of openai 6.
 *
 * @example servedTier('on_demand') // 'default'
 */
export function servedTier(tier: unknown): string | undefined {
  return typeof tier === 'string' ? TIERS.get(tier.toLowerCase()) : undefined
}

const TIERS: ReadonlyMap<string, string> = new Map([
  ...['auto', 'default', 'flex', 'scale', 'priority', 'fast'].map((tier) => [tier, tier] as const),
  // Anthropic, Gemini
  ['standard', 'default'],
  // Groq
  ['on_demand', 'default'],
  ['performance', 'priority'],
])
