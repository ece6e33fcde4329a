import type { ResolvedTarget } from '../../config.ts'
import { estimatedTokens } from '../../dialects/messages/estimate.ts'
import { nativeRequest } from '../../dialects/messages/native.ts'
import { readRequest } from '../../dialects/messages/request.ts'
import { messages } from '../../dialects/messages.ts'
import { RequestError, streamFailure } from '../../errors.ts'
import type { TokenCount } from '../../types/provider.ts'
import { checkLists, checkSizes } from '../incoming/check-sizes.ts'
import type { Piece, PieceOperation } from '../one-piece/operation.ts'
import { whereAskable } from './where-askable.ts'

/** In milliseconds; then an estimate has to do. */
const LONGEST_COUNT = 10_000

/**
 * `POST /messages/count_tokens`: the count of the first target whose provider counts, else of the next; where none does, an
 * estimate, which says that it is one.
 */
export const countTokens: PieceOperation = {
  name: 'count_tokens',
  dialect: messages,
  read(body, { headers, limits, bytes }) {
    checkLists(body, limits)
    const { request } = readRequest(body, 'none')
    checkSizes(request, bytes, limits)
    const native = nativeRequest(body, headers)
    const countOf = ({ provider, fields }: ResolvedTarget, model: string): TokenCount | undefined =>
      native &&
      provider.countTokens?.(
        { ...native, body: Object.freeze({ ...native.body, model }) },
        { ...request, model },
        fields,
      )
    return {
      request,
      modelOf: whereAskable(countOf),
      longest: LONGEST_COUNT,
      question(target, model) {
        const count = countOf(target, model)
        if (count === undefined) throw new RequestError('This target does not count tokens.')
        return { encode: count.encode, read: (text) => counted(count.read(text)) }
      },
      instead: () => ({ ...answer(estimatedTokens(request)), headers: { 'x-streamgate-estimated': 'true' } }),
    }
  },
}

function counted(tokens: number | undefined): Piece {
  if (tokens === undefined) throw streamFailure('malformed', 'The provider counted nothing.')
  return answer(tokens)
}

function answer(input_tokens: number): Piece {
  return { body: JSON.stringify({ input_tokens }) }
}
