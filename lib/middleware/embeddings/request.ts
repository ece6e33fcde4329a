import { LONGEST_MODEL } from '../../dialects/model-name.ts'
import { RequestError } from '../../errors.ts'
import { isObject } from '../../providers/json.ts'
import type { EmbeddingsRequest } from '../../types/provider.ts'

/** As many as OpenAI takes. Source: its 400, "must have less than 2048 items". */
const MOST_INPUTS = 2048

/** Checks a body. Throws RequestError. */
export function readEmbeddings(body: unknown): EmbeddingsRequest {
  if (!isObject(body)) throw new RequestError('The request body must be a JSON object.')
  const { model = '', input, encoding_format: format = 'float' } = body
  if (typeof model !== 'string' || model.length > LONGEST_MODEL) {
    throw new RequestError(`'model' must be a string of at most ${LONGEST_MODEL} characters.`, { param: 'model' })
  }
  if (!isInput(input)) {
    const form = 'a text, a list of texts, of tokens, or of lists of tokens, none of them empty'
    throw new RequestError(`'input' must be ${form}.`, { param: 'input' })
  }
  if (countOf(input) > MOST_INPUTS) {
    throw new RequestError(`'input' must have at most ${MOST_INPUTS} items.`, { param: 'input' })
  }
  if (format !== 'float' && format !== 'base64') {
    throw new RequestError("'encoding_format' must be float or base64.", { param: 'encoding_format' })
  }
  return Object.freeze({ ...body, model, input })
}

function isInput(input: unknown): input is EmbeddingsRequest['input'] {
  if (typeof input === 'string') return input !== ''
  if (!Array.isArray(input) || input.length === 0) return false
  return input.every((each) => typeof each === 'number') || input.every((each) => isText(each) || isTokens(each))
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}

function isTokens(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'number')
}

/** How many embeddings an input asks for. A list of tokens is one text. */
export function countOf(input: EmbeddingsRequest['input']): number {
  return typeof input === 'string' || typeof input[0] === 'number' ? 1 : input.length
}
