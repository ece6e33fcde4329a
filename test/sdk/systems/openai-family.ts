import { tellAzure, tellGroq, tellMistral, tellOpenai, tellTogether } from './openai-answers.ts'
import { hear } from './openai-requests.ts'
import type { NativeRequest, System } from './system.ts'

const family = (path: string, ids = /./) => ({
  contentType: 'text/event-stream',
  thoughts: 'told' as const,
  callIds: true,
  hear: (request: NativeRequest) => hear(request, path, ids),
})

const OPENAI_IDS = /^.{1,40}$/

export const openai: System = {
  ...family('/v1/chat/completions', OPENAI_IDS),
  target: (url) => ({ provider: 'openai', custom_host: `${url}/v1` }),
  model: 'gpt-4.1',
  models: { reasoning: 'gpt-5.2' },
  tell: tellOpenai,
  thoughts: 'hidden',
  error: {
    status: 429,
    body: { error: { message: 'Rate limit reached', type: 'tokens', param: null, code: 'rate_limit_exceeded' } },
    message: /Rate limit reached/,
    code: 'rate_limit_exceeded',
    seen: 429,
    raised: 'RateLimitError',
  },
}

export const azureOpenai: System = {
  ...family('/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21', OPENAI_IDS),
  target: (url) => ({
    provider: 'azure-openai',
    custom_host: `${url}/openai`,
    deployment_id: 'my-gpt',
    api_version: '2024-10-21',
  }),
  // The body names the deployment too.
  model: 'my-gpt',
  tell: tellAzure,
  thoughts: 'hidden',
  error: {
    status: 404,
    body: { error: { code: 'DeploymentNotFound', message: 'The API deployment for this resource does not exist.' } },
    message: /does not exist/,
    code: 'model_not_found',
    seen: 404,
    raised: 'NotFoundError',
  },
}

export const groq: System = {
  ...family('/openai/v1/chat/completions'),
  target: (url) => ({ provider: 'groq', custom_host: `${url}/openai/v1` }),
  model: 'meta-llama/llama-4-maverick-17b-128e-instruct',
  models: { reasoning: 'openai/gpt-oss-120b' },
  tell: tellGroq,
  error: {
    status: 413,
    body: { error: { message: 'Request too large for model', type: 'tokens', code: 'rate_limit_exceeded' } },
    message: /too large/,
    code: 'rate_limit_exceeded',
    seen: 413,
    raised: 'APIError',
  },
}

export const togetherAi: System = {
  ...family('/v1/chat/completions'),
  target: (url) => ({ provider: 'together-ai', custom_host: url }),
  model: 'openai/gpt-oss-120b',
  tell: tellTogether,
  error: {
    status: 401,
    body: {
      id: '8b',
      error: { message: 'Invalid API key provided', type: 'invalid_request_error', code: 'invalid_api_key' },
    },
    message: /Invalid API key/,
    code: 'invalid_api_key',
    seen: 401,
    raised: 'AuthenticationError',
  },
}

export const mistralAi: System = {
  ...family('/v1/chat/completions', /^[a-zA-Z0-9]{9}$/),
  target: (url) => ({ provider: 'mistral-ai', custom_host: `${url}/v1` }),
  model: 'mistral-medium-latest',
  tell: tellMistral,
  error: {
    status: 422,
    body: { detail: [{ loc: ['body', 'messages', 0], msg: 'Field required', type: 'missing' }] },
    message: /Field required/,
    code: null,
    seen: 400,
    raised: 'BadRequestError',
  },
}
