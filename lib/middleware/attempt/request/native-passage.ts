import type { ResolvedTarget } from '../../../config.ts'
import type { ChatRequest } from '../../../types/chat.ts'
import type { Endpoint, NativePassage } from '../../../types/provider.ts'
import { continuedBody } from '../../recovery/continued-request.ts'
import type { Way } from '../../recovery/ways-to-continue.ts'
import type { RequestContext } from '../../request-context.ts'

/**
 * The way past the translations, where the target speaks what the client speaks. Not where the application has transforms, which
 * change chunks. `portable`: in words that do not depend on what another target keeps.
 */
export function nativePassage(
  { native, options }: RequestContext,
  target: ResolvedTarget,
  { request, endpoint, way, portable }: { request: ChatRequest; endpoint: Endpoint; way: Way; portable: boolean },
): NativePassage | undefined {
  if (native === undefined || options.transforms !== undefined) return undefined
  const { portable: inOtherWords, ...asWritten } = native
  const { overrideParams, continueInstruction } = target.settings
  const fields = portable ? inOtherWords?.() : undefined
  const given = { ...asWritten, body: { ...native.body, ...fields, ...overrideParams, model: request.model } }
  const body = Object.freeze(continuedBody(given, way, continueInstruction))
  return target.provider.native?.({ ...(portable ? asWritten : native), body }, request, endpoint)
}
