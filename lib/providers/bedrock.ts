import type { ChatRequest } from '../types/chat.ts'
import type { Endpoint, Provider } from '../types/provider.ts'
import { modelFor } from './anthropic/models.ts'
import { keepsThinking } from './anthropic/tools.ts'
import { authorize } from './bedrock/auth.ts'
import { defaultCredentials } from './bedrock/default-credentials.ts'
import { modelUrl } from './bedrock/endpoint.ts'
import { httpError } from './bedrock/errors.ts'
import { invokeBody, invokeDecoder } from './bedrock/invoke.ts'
import { comesThroughTool } from './bedrock/json-answer.ts'
import { familyOf } from './bedrock/models.ts'
import { droppedFrom } from './bedrock/param-locations.ts'
import { converseBody, serviceTier } from './bedrock/request.ts'
import { converseDecoder } from './bedrock/stream.ts'
import { refuseSeveralAnswers } from './content.ts'
import { withInlineMedia } from './remote-media.ts'

/**
 * AWS Bedrock: ConverseStream, which speaks to all models alike, or with `bedrock_api: 'invoke'` a model's own API through
 * InvokeModelWithResponseStream. `base_model` names the model behind an ARN that does not.
 * A target without keys gets those of AWS's default chain, if the optional peer @aws-sdk/credential-provider-node is there.
 *
 * Source: @aws-sdk/client-bedrock-runtime.
 */
export const bedrock: Provider = {
  name: 'bedrock',

  framing: () => 'aws-eventstream',

  ownCredentials: defaultCredentials,

  async encode(request, endpoint) {
    refuseSeveralAnswers(request, 'Bedrock')
    const url = modelUrl(
      request.model,
      isInvoke(endpoint) ? 'invoke-with-response-stream' : 'converse-stream',
      endpoint,
    )
    const named = withModelName(await withInlineMedia(request, endpoint), endpoint)
    const native = isInvoke(endpoint) ? invokeBody(named, endpoint) : converseBody(named, endpoint)
    const body = JSON.stringify(native)
    const tier = isInvoke(endpoint) ? serviceTier(request)?.type : undefined
    const headers = {
      'content-type': 'application/json',
      accept: 'application/vnd.amazon.eventstream',
      ...(tier && { 'x-amzn-bedrock-service-tier': tier }),
    }
    return {
      url,
      headers: await authorize({ method: 'POST', url, headers, body }, request.model, endpoint),
      body,
      dropped: droppedFrom(named, native, isInvoke(endpoint)),
    }
  },

  decoder(request, endpoint) {
    const named = withModelName(request, endpoint)
    if (isInvoke(endpoint)) return invokeDecoder(named, endpoint)
    return converseDecoder({
      throughTool: comesThroughTool(named),
      keepsThinking: familyOf(named.model) === 'claude' && keepsThinking(named),
    })
  },

  prefill: (model, { base_model }) => modelFor(base_model ?? model).prefill,
  error: httpError,
}

function isInvoke({ fields }: Endpoint): boolean {
  return fields.bedrock_api === 'invoke'
}

/** The request under the name that its model's family is known by: of a profile's ARN, the model behind it. */
function withModelName(request: ChatRequest, { fields }: Endpoint): ChatRequest {
  return fields.base_model === undefined ? request : { ...request, model: fields.base_model }
}
