import type { Provider } from '../types/provider.ts'
import { withoutEcho } from './mistral/echo.ts'
import { mistralOrder } from './mistral/order.ts'
import { mistralBody } from './mistral/request.ts'
import { withEmbeddings } from './openai/embeddings.ts'
import { readError } from './openai/errors.ts'
import { compact } from './openai/fields.ts'
import { address, bearer, type Dialect, openaiCompatible } from './openai.ts'

/** Mistral's form of OpenAI's API; other hosts of its models speak it, too. */
export const mistralDialect = {
  name: 'mistral-ai',
  baseUrl: 'https://api.mistral.ai/v1',
  body: mistralBody,
  paramLocations: () => ({
    max_completion_tokens: ['max_tokens'],
    seed: ['random_seed'],
    reasoning_effort: ['reasoning_effort', 'prompt_mode'],
  }),
  order: mistralOrder,
  // Mistral's unprocessable request is OpenAI's bad request.
  error: (status: number, body: string) => readError(status === 422 ? 400 : status, body),
} satisfies Dialect

const dialect = openaiCompatible(mistralDialect)

const mistralChat: Provider = {
  ...dialect,
  decoder: (request, endpoint) => withoutEcho(request, dialect.decoder(request, endpoint)),
  // By `prefix: true`.
  prefill: () => true,
}

/** Mistral refuses fields that it does not know. Source: @mistralai/mistralai 2.7, `EmbeddingRequest`. */
export const mistralAi: Provider = withEmbeddings(mistralChat, {
  url: (_request, { customHost = mistralDialect.baseUrl }) => address(customHost, '/embeddings'),
  headers: bearer,
  body: ({ model, input, dimensions, output_dimension = dimensions, output_dtype, metadata }) =>
    compact({ model, input, output_dimension, output_dtype, metadata }),
  renamed: { dimensions: 'output_dimension' },
})
