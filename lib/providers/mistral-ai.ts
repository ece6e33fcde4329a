import type { Provider } from '../types/provider.ts'
import { withoutEcho } from './mistral/echo.ts'
import { mistralOrder } from './mistral/order.ts'
import { mistralBody } from './mistral/request.ts'
import { readError } from './openai/errors.ts'
import { type Dialect, openaiCompatible } from './openai.ts'

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

export const mistralAi: Provider = {
  ...dialect,
  decoder: (request, endpoint) => withoutEcho(request, dialect.decoder(request, endpoint)),
  // By `prefix: true`.
  prefill: () => true,
}
