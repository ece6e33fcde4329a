import { COMMON_ENDS, type Ends } from '../ends.ts'

/** `pause_turn` is no end (see stream.ts), nor is `compaction`. Source: @anthropic-ai/sdk `StopReason`. */
export const ANTHROPIC_ENDS: Ends = { ...COMMON_ENDS, tool_use: 'tool_calls', refusal: 'content_filter' }
