/**
 * What is known of models' names: which provider cannot know a model, and which of its own models is asked in its place.
 * 2026-11-29; names from the unions and READMEs of the official SDKs and from the providers' model pages.
 */
interface Models {
  /** The names that this provider can know. */
  knows: RegExp
  /** Its equivalents of other families' models. */
  large: string
  small: string
}

const GEMINI: Models = {
  knows: /^(models\/|tunedModels\/)?(gemini|gemma|learnlm|imagen)/i,
  large: 'gemini-3.8-flash',
  small: 'gemini-3.8-flash',
}

/** Not here: azure-openai, whose deployments have names of their own, and providers of the application's. */
const MODELS: Readonly<Record<string, Models>> = {
  openai: {
    knows: /^(gpt-(?!oss)|chatgpt|codex|computer-use|o\d|ft:|davinci|babbage)/i,
    large: 'gpt-5.4',
    small: 'gpt-5.4-mini',
  },
  anthropic: { knows: /^claude/i, large: 'claude-sonnet-5', small: 'claude-haiku-4-5' },
  google: GEMINI,
  // Publishers' models have paths, are Claude, Mistral's and Llama, or say that they are a service.
  'vertex-ai': {
    ...GEMINI,
    knows:
      /^(gemini|gemma|medlm|claude|mistral|codestral|meta\/|llama|\d+$)|(^|\/)(publishers|endpoints|models)\/|-maas$/i,
  },
  cohere: { knows: /^(command|c4ai|aya|north)/i, large: 'command-a-03-2025', small: 'command-r7b-12-2024' },
  // Vendors stand in front of a dot, behind a region; profiles and imported models have ARNs.
  bedrock: {
    knows: /^(arn:|([a-z-]+\.)?[a-z0-9]+\.[a-z0-9])/,
    large: 'global.anthropic.claude-sonnet-4-5-20250929-v1:0',
    small: 'global.anthropic.claude-haiku-4-5-20251001-v1:0',
  },
  groq: {
    knows: /^(?!gpt-[^o]|chatgpt|o\d|claude|gemini|command|mistral-(large|small|medium)-latest)/i,
    large: 'llama-3.3-70b-versatile',
    small: 'llama-3.1-8b-instant',
  },
  'together-ai': {
    knows: /\//,
    large: 'meta-llama/Llama-3.3-70B-Instruct-Turbo',
    small: 'meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo',
  },
  'mistral-ai': {
    knows: /^(open-)?(mistral|mixtral|ministral|magistral|codestral|devstral|pixtral|voxtral)|^ft:/i,
    large: 'mistral-large-latest',
    small: 'mistral-small-latest',
  },
}

/** Whether a provider may have a model of this name; true for a provider of which nothing is known. */
export function mayKnow(provider: string, model: string): boolean {
  return MODELS[provider]?.knows.test(model) ?? true
}

/** Names of the small models of the families. */
const SMALL = /mini|nano|small|haiku|flash|lite|instant|micro|r7b|(^|[^\d])[1-9]b($|[^\d])/i
/** Models that no chat model stands in for: what they are asked is something else. */
const NO_CHAT =
  /embed|whisper|tts|audio|image|imagen|dall-e|moderation|realtime|rerank|transcribe|search-preview|deep-research/i

/** The provider's own model that comes closest to one of another family; undefined if there is none. */
export function equivalentOf(provider: string, model: string): string | undefined {
  const models = MODELS[provider]
  if (models === undefined || NO_CHAT.test(model)) return undefined
  return SMALL.test(model) ? models.small : models.large
}

/** All equivalents of a provider; undefined if it has none. */
export function equivalentsOf(provider: string): string[] | undefined {
  const models = MODELS[provider]
  return models && [...new Set([models.large, models.small])]
}
