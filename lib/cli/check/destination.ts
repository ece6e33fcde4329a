import type { ResolvedTarget } from '../../config.ts'
import { RequestError } from '../../errors.ts'
import type { ChatRequest } from '../../types/chat.ts'

/** Stands for what the client brings. */
const UNKNOWN = 'MODEL'

/**
 * Where a target's requests go, found out by having its provider write one. Rejects with RequestError if it cannot even write
 * the simplest, for what is missing in the config; a model that only the client names is no such thing.
 */
export async function destinationOf({
  provider,
  apiKey,
  customHost,
  fields,
  settings,
}: ResolvedTarget): Promise<URL | undefined> {
  const request: ChatRequest = {
    model: fields.deployment_id ?? UNKNOWN,
    messages: [{ role: 'user', content: 'Hello' }],
    stream: true,
    max_tokens: 16,
    ...settings.overrideParams,
  }
  try {
    const { url } = await provider.encode(request, {
      // A key of the client's, or of this machine, would do.
      apiKey: apiKey ?? 'key',
      customHost,
      fields,
      strict: settings.strict,
      fetchMedia: () => Promise.reject(new Error('There is nothing to fetch.')),
    })
    return url
  } catch (error) {
    if (error instanceof RequestError && error.api.param === 'model' && request.model === UNKNOWN) return undefined
    throw error
  }
}
