import type { Provider } from '../types/provider.ts'
import { withoutEcho } from './mistral/echo.ts'
import { mistralOrder } from './mistral/order.ts'
import { mistralBody } from './mistral/request.ts'
import { readError } from './openai/errors.ts'
import { openaiCompatible } from './openai.ts'

const dialect = openaiCompatible({
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
  error: (status, body) => readError(status === 422 ? 400 : status, body),
})

export const mistralAi: Provider = {
  ...dialect,
  decoder: (request, endpoint) => withoutEcho(request, dialect.decoder(request, endpoint)),
  // By `prefix: true`.
  prefill: () => true,
}
