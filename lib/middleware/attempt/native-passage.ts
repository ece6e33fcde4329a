import type { ResolvedTarget } from '../../config.ts'
import type { ChatRequest } from '../../types/chat.ts'
import type { Endpoint, NativePassage } from '../../types/provider.ts'
import type { Resume } from '../recovery/ways-to-continue.ts'
import type { RequestContext } from '../request-context.ts'

/**
 * The way past the translations, where the target speaks what the client speaks. Not after a break, when chunks are compared
 * with what the client has, and not where the application has transforms, which change chunks.
 */
export function nativePassage(
  { native, options }: RequestContext,
  target: ResolvedTarget,
  { request, endpoint, resume }: { request: ChatRequest; endpoint: Endpoint; resume: Resume },
): NativePassage | undefined {
  if (native === undefined || resume.type !== 'fresh' || options.transforms !== undefined) return undefined
  const body = Object.freeze({ ...native.body, ...target.settings.overrideParams, model: request.model })
  return target.provider.native?.({ ...native, body }, request, endpoint)
}
