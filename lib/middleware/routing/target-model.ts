import type { ResolvedTarget } from '../../config.ts'
import { apiError, UpstreamError } from '../../errors.ts'
import { equivalentOf, mayKnow } from '../../providers/equivalents.ts'

type Named = Pick<ResolvedTarget, 'customHost' | 'fields'> & {
  readonly provider: Pick<ResolvedTarget['provider'], 'name'>
  readonly settings: Pick<ResolvedTarget['settings'], 'overrideParams' | 'models' | 'equivalentModels'>
}

/**
 * The model that a target is asked for, when the client asks for `clientModel`: the config's word, if it has one. A fallback that
 * cannot know the model is asked for an equivalent of its own; undefined if there is none, so that it is not asked at all.
 */
export function targetModel(target: Named, clientModel: string, isFallback: boolean): string | undefined {
  const { settings, provider, customHost, fields } = target
  const { overrideParams, models } = settings
  if (typeof overrideParams.model === 'string') return overrideParams.model
  const own = Object.hasOwn(models, clientModel) ? models[clientModel] : models['*']
  if (own !== undefined) return own
  // A host or a deployment of one's own has names of its own.
  const named = customHost !== undefined || fields.deployment_id !== undefined || fields.base_model !== undefined
  if (!isFallback || clientModel === '' || named || !settings.equivalentModels) return clientModel
  return mayKnow(provider.name, clientModel) ? clientModel : equivalentOf(provider.name, clientModel)
}

/** The failure of a target that is passed over, since it has no model like the one that was asked for. */
export function noSuchModel(clientModel: string): UpstreamError {
  return new UpstreamError('skipped', apiError(404, `This provider has no model like ${clientModel.slice(0, 100)}.`))
}
