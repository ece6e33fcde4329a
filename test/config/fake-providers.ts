import type { Provider } from '../../lib/types/provider.ts'

/** A provider that only has a name. */
export function fakeProvider(name: string): Provider {
  return {
    name,
    framing: () => 'sse',
    encode: () => ({ url: new URL('https://example.com/'), headers: {}, body: '' }),
    decoder: () => ({ decode: () => [] }),
    error: (status) => ({ status, message: '', type: '', param: null, code: null, retryable: false }),
  }
}

const NAMES = ['openai', 'anthropic', 'azure-openai', 'google', 'vertex-ai', 'cohere', 'bedrock', 'groq', 'together-ai']

export const fakes: Readonly<Record<string, Provider>> = Object.fromEntries(
  [...NAMES, 'mistral-ai'].map((name) => [name, fakeProvider(name)]),
)

export const fakeNames = Object.keys(fakes).join(', ')

/** A condition. Written out, `then` would look like a promise's to the linter. */
export const when = (query: unknown, then: unknown) => ({ query, then })
