import type { ResolvedTarget } from '../../config.ts'
import type { NativeRequest } from '../../types/provider.ts'

/** The dialects that some provider speaks, each by the name of its API, with a request in it. */
const REQUESTS: Readonly<Record<string, Pick<NativeRequest, 'dialect' | 'body'>>> = {
  Messages: { dialect: 'messages', body: { max_tokens: 1, messages: [{ role: 'user', content: 'Hello' }] } },
  Responses: { dialect: 'responses', body: { input: 'Hello' } },
}

/** The dialects in which a target gets requests as their clients write them; all others are translated for it. */
export function dialectsAsWritten({ provider, apiKey, customHost, fields, settings }: ResolvedTarget): string[] {
  const { model = fields.deployment_id ?? 'MODEL' } = settings.overrideParams
  const request = { model: String(model), messages: [] }
  const endpoint = {
    ...{ apiKey, customHost, fields, strict: settings.strict },
    fetchMedia: () => Promise.reject(new Error('There is nothing to fetch.')),
  }
  return Object.entries(REQUESTS).flatMap(([name, { dialect, body }]) => {
    const own = { ...body, ...settings.overrideParams, model: request.model }
    return provider.native?.({ dialect, body: own, headers: {} }, request, endpoint) === undefined ? [] : [name]
  })
}
