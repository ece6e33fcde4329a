import { COMMON_ENDS, type Ends } from '../ends.ts'

/** `malformed_model_output` and `malformed_tool_use` are none. Source: @aws-sdk/client-bedrock-runtime `StopReason`. */
export const CONVERSE_ENDS: Ends = {
  ...COMMON_ENDS,
  tool_use: 'tool_calls',
  guardrail_intervened: 'content_filter',
  content_filtered: 'content_filter',
}

/**
 * The ends of Llama's, Mistral's and Titan's own APIs. Source: docs.aws.amazon.com/bedrock, the models' responses;
 * `RAG_QUERY_WHEN_RAG_DISABLED` is none.
 */
export const TEXT_ENDS: Ends = {
  ...COMMON_ENDS,
  FINISHED: 'stop',
  FINISH: 'stop',
  STOP_CRITERIA_MET: 'stop',
  LENGTH: 'length',
  CONTENT_FILTERED: 'content_filter',
}
