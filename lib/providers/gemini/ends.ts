import { COMMON_ENDS, type Ends } from '../ends.ts'

/**
 * `STOP` alone is a natural end; `CONTINUATION` is none (see answer.ts). Source: @google/genai `FinishReason` and its comments,
 * ai.google.dev/api/generate-content#FinishReason.
 */
export const GEMINI_ENDS: Ends = {
  ...COMMON_ENDS,
  // An emulator's word (@copilotkit/aimock).
  FUNCTION_CALL: 'tool_calls',
  SAFETY: 'content_filter',
  RECITATION: 'content_filter',
  BLOCKLIST: 'content_filter',
  PROHIBITED_CONTENT: 'content_filter',
  SPII: 'content_filter',
  MODEL_ARMOR: 'content_filter',
  ESCALATION: 'content_filter',
  IMAGE_SAFETY: 'content_filter',
  IMAGE_PROHIBITED_CONTENT: 'content_filter',
  IMAGE_RECITATION: 'content_filter',
}
