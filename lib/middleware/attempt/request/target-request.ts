import type { ResolvedTarget } from '../../../config.ts'
import { RequestError } from '../../../errors.ts'
import type { AttemptStart } from '../../../options.ts'
import type { ChatRequest } from '../../../types/chat.ts'
import { forwardedMetadata } from './forwarded-metadata.ts'

/** The client's request with what the config lays over it for this target, and with the model that the target is asked for. */
export function requestFor(
  { metadata: _, ...request }: ChatRequest,
  { settings, fields }: ResolvedTarget,
  { metadata, model }: Pick<AttemptStart, 'metadata' | 'model'>,
): ChatRequest {
  const merged: ChatRequest = {
    ...request,
    ...forwardedMetadata(metadata, settings.forwardMetadata),
    ...settings.overrideParams,
    model,
  }
  if (model !== '') return merged
  if (fields.deployment_id !== undefined) return { ...merged, model: fields.deployment_id }
  throw new RequestError("You must provide a 'model' parameter.", { param: 'model' })
}
