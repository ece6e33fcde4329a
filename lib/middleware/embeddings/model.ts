import type { ResolvedSettings } from '../../config.ts'

/**
 * The model whose embeddings a target is asked for: what `models` calls it, else what the client asks for. `override_params` and
 * the entry `*` are about chats, and no model has an equivalent: its embeddings would be other ones.
 */
export function embeddingModel(
  { settings }: { readonly settings: Pick<ResolvedSettings, 'models'> },
  clientModel: string,
): string {
  return (Object.hasOwn(settings.models, clientModel) ? settings.models[clientModel] : undefined) ?? clientModel
}
