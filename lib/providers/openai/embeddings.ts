import type { EmbeddingsRequest, Endpoint, HttpRequest, Provider } from '../../types/provider.ts'
import type { Json } from '../json.ts'

/** Where a provider has embeddings in OpenAI's form, and how they are asked for. */
export interface EmbeddingsDialect {
  url(request: EmbeddingsRequest, endpoint: Endpoint): URL
  headers(endpoint: Endpoint): Record<string, string>
  /** Throws RequestError for what it cannot serve. @default as it is */
  body?(request: EmbeddingsRequest): Json
  /** Locations of parameters under another name in the body. */
  renamed?: Readonly<Record<string, string>>
}

/** The provider, with embeddings. */
export function withEmbeddings(provider: Provider, dialect: EmbeddingsDialect): Provider {
  const { url, headers, body = (request) => request, renamed = {} } = dialect
  return {
    ...provider,
    embeddings(request, endpoint): HttpRequest {
      const native = body(request)
      return {
        url: url(request, endpoint),
        headers: { 'content-type': 'application/json', accept: 'application/json', ...headers(endpoint) },
        body: JSON.stringify(native),
        // The form of the numbers is not lost: the answer is brought into the one that was asked for.
        dropped: Object.keys(request).filter(
          (name) => request[name] != null && name !== 'encoding_format' && native[renamed[name] ?? name] === undefined,
        ),
      }
    },
  }
}
