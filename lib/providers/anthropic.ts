import type { Provider } from '../types/provider.ts'
import { anthropicError } from './anthropic/errors.ts'
import { fitForAnthropic, namedForAnthropic } from './anthropic/fit.ts'
import { modelFor } from './anthropic/models.ts'
import { anthropicParamLocations } from './anthropic/param-locations.ts'
import { anthropicBody } from './anthropic/request.ts'
import { anthropicDecoder } from './anthropic/stream.ts'
import { droppedParams } from './dropped.ts'

const BASE = 'https://api.anthropic.com/v1'

/** The older version: it keeps sampling parameters working for the models that take them. */
const VERSION = '2023-06-01'

/** Anthropic's Messages API, which chooses streaming in the body. Source: @anthropic-ai/sdk. */
export const anthropic: Provider = {
  name: 'anthropic',
  framing: () => 'sse',
  encode(request, { apiKey, customHost, fields }) {
    const version = fields.anthropic_version ?? VERSION
    const { request: fit, adjusted } = fitForAnthropic(request)
    const body = anthropicBody(fit, { version })
    return {
      url: new URL(`${customHost ?? BASE}/messages`),
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        'anthropic-version': version,
        ...(fields.anthropic_beta && { 'anthropic-beta': fields.anthropic_beta }),
        ...(apiKey && { 'x-api-key': apiKey }),
      },
      body: JSON.stringify(body),
      dropped: droppedParams(request, body, anthropicParamLocations(request, body)),
      adjusted,
    }
  },
  decoder(request, endpoint) {
    const named = namedForAnthropic(request)
    return named.decoder(anthropicDecoder(named.request, endpoint))
  },
  prefill: (model) => modelFor(model).prefill,
  error: anthropicError,
}
