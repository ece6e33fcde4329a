import type { ChatRequest } from '../types/chat.ts'
import type { Endpoint, Provider } from '../types/provider.ts'
import { adjustments } from './adjustments.ts'
import { modelFor } from './anthropic/models.ts'
import { keepsThinking } from './anthropic/tools.ts'
import { isAskedWhole } from './bedrock/asked-whole.ts'
import { authorize } from './bedrock/auth.ts'
import { claudeCount } from './bedrock/claude-count.ts'
import { claudePassage } from './bedrock/claude-passage.ts'
import { defaultCredentials } from './bedrock/default-credentials.ts'
import { modelUrl } from './bedrock/endpoint.ts'
import { httpError } from './bedrock/errors.ts'
import { fitForBedrock, namedForBedrock } from './bedrock/fit.ts'
import { invokeBody, invokeDecoder } from './bedrock/invoke.ts'
import { comesThroughTool } from './bedrock/json-answer.ts'
import { familyOf } from './bedrock/models.ts'
import { invokeHeaders } from './bedrock/native-fields.ts'
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

  framing(headers, request, endpoint) {
    const whole = isAskedWhole(withModelName(request, endpoint), endpoint)
    return whole && isJson(headers['content-type']) ? 'json-array' : 'aws-eventstream'
  },

  ownCredentials: defaultCredentials,

  async encode(request, endpoint) {
    refuseSeveralAnswers(request, 'Bedrock')
    const { note, list } = adjustments()
    const invoke = isInvoke(endpoint)
    const named = withModelName(await withInlineMedia(request, endpoint), endpoint)
    const whole = isAskedWhole(named, endpoint)
    const fit = fitForBedrock(named, invoke, note)
    const native = invoke ? invokeBody(fit, endpoint, note) : converseBody(fit, endpoint, note)
    const url = modelUrl(
      request.model,
      invoke ? 'invoke-with-response-stream' : whole ? 'converse' : 'converse-stream',
      endpoint,
    )
    const body = JSON.stringify(native)
    const tier = invoke ? serviceTier(request)?.type : undefined
    const headers = {
      'content-type': 'application/json',
      accept: whole ? 'application/json' : 'application/vnd.amazon.eventstream',
      ...(tier && { 'x-amzn-bedrock-service-tier': tier }),
      ...(invoke && invokeHeaders(request)),
    }
    return {
      url,
      headers: await authorize({ method: 'POST', url, headers, body }, request.model, endpoint),
      body,
      dropped: droppedFrom(named, native, invoke),
      adjusted: list(),
    }
  },

  decoder(request, endpoint) {
    const { request: named, decoder: renamed } = namedForBedrock(withModelName(request, endpoint))
    const decoder = isInvoke(endpoint)
      ? invokeDecoder(named, endpoint)
      : converseDecoder({
          throughTool: comesThroughTool(named),
          keepsThinking: familyOf(named.model) === 'claude' && keepsThinking(named),
          finishReasons: endpoint.finishReasons,
        })
    return renamed(decoder)
  },

  native(native, request, endpoint) {
    const named = withModelName(request, endpoint)
    if (!isInvoke(endpoint) || familyOf(named.model) !== 'claude') return undefined
    return claudePassage(native, request, named, endpoint)
  },

  // Its tokens are the same by whichever API it is asked.
  countTokens: (native, request, fields) => claudeCount(native, request, withModelName(request, { fields }), fields),

  prefill: (model, { base_model }) => modelFor(base_model ?? model).prefill,
  error: httpError,
}

function isInvoke({ fields }: Endpoint): boolean {
  return fields.bedrock_api === 'invoke'
}

/** The request under the name that its model's family is known by: of a profile's ARN, the model behind it. */
function withModelName(request: ChatRequest, { fields }: Pick<Endpoint, 'fields'>): ChatRequest {
  return fields.base_model === undefined ? request : { ...request, model: fields.base_model }
}

/** Of an answer that was asked for without streaming: one object. */
function isJson(contentType: string | string[] | undefined): boolean {
  return /^application\/json\b/i.test(String(contentType))
}
