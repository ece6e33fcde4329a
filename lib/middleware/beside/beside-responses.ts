import type { ResolvedTarget } from '../../config.ts'
import { responses } from '../../dialects/responses.ts'
import { apiError, parseJson, RequestError, streamFailure, UpstreamError } from '../../errors.ts'
import type { Operation } from '../../options.ts'
import { isObject, text } from '../../providers/json.ts'
import { responsesUsage } from '../../providers/openai/responses/usage.ts'
import type { Endpoint, HttpRequest, ResponsesPath } from '../../types/provider.ts'
import { checkLists, checkSizes } from '../incoming/check-sizes.ts'
import type { Piece, PieceOperation } from '../one-piece/operation.ts'
import { whereAskable } from './where-askable.ts'

const NAMES: Readonly<Record<ResponsesPath, Operation>> = { compact: 'compact', input_tokens: 'count_tokens' }

/**
 * `POST /responses/compact` and `/responses/input_tokens`: by the targets that speak the Responses API, in the client's own words,
 * and answered in theirs. No other has a form for what comes back.
 */
export function besideResponses(path: ResponsesPath): PieceOperation {
  return {
    name: NAMES[path],
    dialect: responses,
    async read(body, { headers, limits, bytes, items }) {
      checkLists(body, limits)
      const { request, native } = await responses.read(body, headers, { maxAnswerBytes: limits.maxAnswerBytes, items })
      checkSizes(request, bytes, limits)
      const requestTo = (
        { provider, fields }: ResolvedTarget,
        model: string,
      ): ((endpoint: Endpoint) => HttpRequest) | undefined =>
        native && provider.besideResponses?.(path, native, { ...request, model }, fields)
      return {
        request,
        modelOf: whereAskable(requestTo),
        passedOver: () => new UpstreamError('skipped', notServed(path)),
        question(target, model) {
          const encode = requestTo(target, model)
          if (encode === undefined) throw new RequestError(notServed(path).message, { status: 404 })
          return { encode, read: asItIs }
        },
      }
    },
  }
}

function notServed(path: ResponsesPath) {
  const message = `POST /responses/${path} is not served here: it takes a target that speaks the Responses API itself.`
  return apiError(404, message, { code: null })
}

/** The provider's own text, once it is known to be whole. */
function asItIs(body: string): Piece {
  const answer = parseJson(body)
  if (!isObject(answer)) throw streamFailure('malformed', 'The provider answered with something that is no object.')
  const model = text(answer.model)
  return {
    body,
    usage: responsesUsage(answer.usage),
    response: { id: text(answer.id), model, finishReasons: [] },
  }
}
