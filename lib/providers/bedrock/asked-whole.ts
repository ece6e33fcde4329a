import type { ChatRequest } from '../../types/chat.ts'
import type { Endpoint } from '../../types/provider.ts'
import { lacks } from './model-rules.ts'

/** Whether a model is asked by Converse, without streaming: it was found not to stream this, or does not stream calls of tools. */
export function isAskedWhole(request: ChatRequest, { fields, stream }: Endpoint): boolean {
  if (fields.bedrock_api === 'invoke') return false
  return stream === false || (Boolean(request.tools?.length) && lacks(request.model, 'streamed tools'))
}
