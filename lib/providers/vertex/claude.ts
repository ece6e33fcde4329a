import type { ChatRequest } from '../../types/chat.ts'
import type { Endpoint, HttpRequest, Provider } from '../../types/provider.ts'
import { fitForAnthropic } from '../anthropic/fit.ts'
import { anthropicParamLocations } from '../anthropic/param-locations.ts'
import { anthropicBody } from '../anthropic/request.ts'
import { anthropic } from '../anthropic.ts'
import { droppedParams } from '../dropped.ts'
import { without } from '../openai/fields.ts'
import { withInlineMedia } from '../remote-media.ts'
import { bearer, locationUrl, modelPath } from './address.ts'
import { servedModel } from './publishers.ts'

/** Source: @anthropic-ai/vertex-sdk `client.ts`. */
const VERSION = 'vertex-2023-10-16'

/** Claude on Vertex AI: Anthropic's own request and stream, the model in the path and the version in the body. */
export const vertexClaude: Provider = {
  ...anthropic,
  name: 'vertex-ai',
  encode(request, endpoint) {
    const complete = withInlineMedia(request, endpoint)
    return complete instanceof Promise ? complete.then((each) => encoded(each, endpoint)) : encoded(complete, endpoint)
  },
}

function encoded(request: ChatRequest, endpoint: Endpoint): HttpRequest {
  const { publisher, name } = servedModel(request.model)
  const { request: fit, adjusted } = fitForAnthropic(request)
  const native = anthropicBody(fit, { version: VERSION, systemTurns: false })
  const beta = endpoint.fields.anthropic_beta
  return {
    url: locationUrl(endpoint, 'v1', modelPath(publisher, name, 'streamRawPredict')),
    headers: {
      'content-type': 'application/json',
      accept: 'text/event-stream',
      ...(beta && { 'anthropic-beta': beta }),
      ...bearer(endpoint),
    },
    body: JSON.stringify({ anthropic_version: VERSION, ...without({ ...native }, ['model']) }),
    dropped: droppedParams(request, native, anthropicParamLocations(request, native)),
    adjusted,
  }
}
