import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Query, ResolvedConfig, ResolvedRoute, ResolvedTarget } from '../../config/resolved.ts'
import { targetsOf } from '../../config/targets-of.ts'
import { apiError } from '../../errors.ts'
import { equivalentsOf } from '../../providers/equivalents.ts'
import { refuse, sendJson } from '../client/send.ts'

/** A model that can be asked for. */
export interface ServedModel {
  id: string
  /** The provider of the first target that serves it. */
  owner: string
}

/** The models that a config names: no provider is asked. Each once, in the order of the targets. */
export function servedModels({ route }: ResolvedConfig): ServedModel[] {
  const models = new Map<string, ServedModel>()
  for (const target of targetsOf(route)) {
    for (const id of [...conditionModels(route, target), ...targetModels(target)]) {
      if (!models.has(id)) models.set(id, { id, owner: target.provider.name })
    }
  }
  return [...models.values()]
}

function targetModels({ settings, fields, provider, customHost }: ResolvedTarget): string[] {
  const { models, overrideParams, equivalentModels } = settings
  const { '*': any, ...aliases } = models
  const own = typeof overrideParams.model === 'string' ? overrideParams.model : any
  const named = [own, fields.deployment_id].filter((id) => id !== undefined)
  const given = [...Object.keys(aliases), ...named]
  if (given.length > 0 || customHost !== undefined || !equivalentModels) return given
  return equivalentsOf(provider.name) ?? []
}

/** The models by which a condition sends a request to this target. */
function conditionModels(route: ResolvedRoute, target: ResolvedTarget): string[] {
  if (route.kind === 'target') return []
  const below = route.routes.flatMap((each) => conditionModels(each, target))
  if (route.mode !== 'conditional') return below
  const leading = route.conditions.filter((each) => targetsOf(each.route).includes(target))
  return [...leading.flatMap(({ query }) => modelsIn(query)), ...below]
}

function modelsIn(query: Query): string[] {
  if ('every' in query) return query.every.flatMap(modelsIn)
  if ('some' in query) return query.some.flatMap(modelsIn)
  if (query.of !== 'params' || query.key !== 'model') return []
  if (query.operator === '$eq') return typeof query.operand === 'string' ? [query.operand] : []
  return query.operator === '$in' ? query.operand.filter((each) => typeof each === 'string') : []
}

/** Models have no age here; some clients demand one. In seconds. */
const CREATED = Math.floor(Date.now() / 1000)

/**
 * Answers `GET /models` and `GET /models/{id}`, in Anthropic's form to those who send `anthropic-version` and in OpenAI's to
 * all others.
 */
export function answerModels(
  req: IncomingMessage,
  res: ServerResponse,
  { config, id, requestId }: { config: ResolvedConfig; id: string | undefined; requestId: string },
): void {
  const isAnthropic = req.headers['anthropic-version'] !== undefined
  const models = servedModels(config)
  if (id === undefined) {
    sendJson(res, 200, isAnthropic ? anthropicPage(models, queryOf(req)) : openaiList(models))
    return
  }
  const found = models.find((model) => model.id === id)
  if (found !== undefined) {
    sendJson(res, 200, isAnthropic ? anthropicModel(found) : openaiModel(found))
    return
  }
  const error = apiError(404, `The model '${id.slice(0, 100)}' does not exist here.`, { param: 'model' })
  refuse(req, res, error, { requestId })
}

function openaiList(models: readonly ServedModel[]) {
  return { object: 'list', data: models.map(openaiModel) }
}

function openaiModel({ id, owner }: ServedModel) {
  return { id, object: 'model', created: CREATED, owned_by: owner }
}

function anthropicModel({ id }: ServedModel) {
  return { type: 'model', id, display_name: id, created_at: new Date(CREATED * 1000).toISOString() }
}

const MOST_ON_A_PAGE = 1000
const USUAL_PAGE = 20

/** A page behind `after_id`, or in front of `before_id`. */
function anthropicPage(models: readonly ServedModel[], query: URLSearchParams) {
  const limit = Math.min(Math.max(Math.trunc(Number(query.get('limit'))) || USUAL_PAGE, 1), MOST_ON_A_PAGE)
  const after = models.findIndex(({ id }) => id === query.get('after_id'))
  const before = models.findIndex(({ id }) => id === query.get('before_id'))
  const range = before === -1 ? models.slice(after + 1) : models.slice(0, before)
  const page = before === -1 ? range.slice(0, limit) : range.slice(-limit)
  return {
    data: page.map(anthropicModel),
    has_more: page.length < range.length,
    first_id: page[0]?.id ?? null,
    last_id: page.at(-1)?.id ?? null,
  }
}

function queryOf({ url = '' }: IncomingMessage): URLSearchParams {
  const at = url.indexOf('?')
  return new URLSearchParams(at === -1 ? '' : url.slice(at))
}
