import { COMMON_ENDS, type Ends } from '../ends.ts'

/**
 * The ends of both versions; `ERROR` and `TIMEOUT` are none. Source: cohere-ai 8.1.0 `ChatFinishReason` (v2) and
 * `FinishReason` (v1).
 */
export const COHERE_ENDS: Ends = {
  ...COMMON_ENDS,
  STOP_SEQUENCE: 'stop',
  USER_CANCEL: 'stop',
  TOOL_CALL: 'tool_calls',
  ERROR_TOXIC: 'content_filter',
  ERROR_LIMIT: 'length',
}
