import type { ResolvedTarget } from '../../config.ts'
import type { Work } from '../relayed-request.ts'
import { targetModel } from '../routing/target-model.ts'

/**
 * The model that a chat would ask a target for, where there is something to ask it for this model: all others are passed over. What
 * `question` throws is for the attempt to find.
 */
export function whereAskable(question: (target: ResolvedTarget, model: string) => unknown): Work['modelOf'] {
  return (target, clientModel, isFallback) => {
    const model = targetModel(target, clientModel, isFallback)
    if (model === undefined) return undefined
    try {
      return question(target, model) === undefined ? undefined : model
    } catch {
      return model
    }
  }
}
