import type { ChatRequest } from '../../types/chat.ts'
import type { Provider } from '../../types/provider.ts'
import { withoutEcho } from '../mistral/echo.ts'
import { mistralDialect } from '../mistral-ai.ts'
import { openaiCompatible, plainBody } from '../openai.ts'
import { bearer, locationUrl, modelPath } from './address.ts'
import { servedModel } from './publishers.ts'

const mistral = openaiCompatible({
  ...mistralDialect,
  name: 'vertex-ai',
  url(request, endpoint) {
    const { publisher, name } = servedModel(request.model)
    return locationUrl(endpoint, 'v1', modelPath(publisher, name, 'streamRawPredict'))
  },
  headers: bearer,
  body: (request) => mistralDialect.body(withName(request, servedModel(request.model).name)),
  order: (request, note) => mistralDialect.order(withName(request, servedModel(request.model).name), note),
})

/** Mistral's models on Vertex AI: Mistral's own request and stream. */
export const vertexMistral: Provider = {
  ...mistral,
  decoder: (request, endpoint) => withoutEcho(request, mistral.decoder(request, endpoint)),
  prefill: () => true,
}

/** Llama and the other models as a service, which one endpoint serves in OpenAI's form. */
export const vertexOpenapi: Provider = openaiCompatible({
  name: 'vertex-ai',
  baseUrl: '',
  url: (_request, endpoint) => locationUrl(endpoint, 'v1', 'endpoints/openapi/chat/completions'),
  headers: bearer,
  body(request) {
    const { publisher, name } = servedModel(request.model)
    return plainBody(withName(request, `${publisher}/${name}`))
  },
})

function withName(request: ChatRequest, model: string): ChatRequest {
  return { ...request, model }
}
